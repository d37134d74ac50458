-- The management login of a target `type: postgresql`, up to version 15: it changes every role that is no superuser.
-- Run it by psql as a superuser, then give it a password that is neither in a file nor in the server's log: \password relock
CREATE ROLE relock LOGIN CREATEROLE;
-- To end sessions that were opened with the old password, and to see which are older than the new one.
GRANT pg_signal_backend TO relock;
GRANT pg_read_all_stats TO relock;
-- To put back the very verifier that was there. It shows all verifiers; without it, undo sets the old password again.
GRANT SELECT (rolname, rolpassword) ON pg_authid TO relock;
-- From version 16, for each role that it is to change: GRANT "itron-svc" TO relock WITH ADMIN OPTION, INHERIT FALSE, SET FALSE;
