import type { RootScript } from './remoteScript.js';

/**
 * Input: `account:password`. That it changed nothing is proved by its own word and by the hash: what it agreed to may still
 * come, and a login tells. A lock that was there before stays, for a
 * suspended account gets its new password while nobody may log in. chpasswd does not see to it that the new file's name is
 * on the disk: a power failure right after must not bring back a password that was seen refused.
 */
export const setPassword: RootScript = {
  body: `ours
need chpasswd usermod
before=$(shadow 2)
begin
row entry
printf '%s\\n' "$entry" | chpasswd >/dev/null 2>&1
status=$?
[ $status != 0 ] && [ "$(shadow 2)" = "$before" ] && { why /etc /etc/shadow; exit 73; }
[ $status = 0 ] || exit 74
case $before in '!'*) usermod -L "$account" >/dev/null 2>&1 || exit 74 ;; esac
sync /etc 2>/dev/null
exit 0
`,
};

/** Prints the hash. */
export const readHash: RootScript = {
  body: `ours
begin
shadow 2
`,
};

/** Input: `account:hash`. Done when the hash is there, whoever put it there. */
export const setHash: RootScript = {
  body: `ours
need chpasswd
before=$(shadow 2)
begin
row entry
[ "$before" = "\${entry#*:}" ] && exit 0
printf '%s\\n' "$entry" | chpasswd -e >/dev/null 2>&1
after=$(shadow 2)
if [ "$after" = "\${entry#*:}" ]; then sync /etc 2>/dev/null; exit 0; fi
[ "$after" = "$before" ] && { why /etc /etc/shadow; exit 73; }
exit 74
`,
};
