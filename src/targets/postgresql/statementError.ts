import type { DriverError, Effect, ErrorCode } from '../../model/errors.js';
import type { Server } from './server.js';

interface Meaning {
  readonly code: ErrorCode;
  readonly text: string;
}

const meanings: Readonly<Record<string, Meaning>> = {
  '42704': { code: 'NotFound', text: 'there is no such role; nothing was changed. Correct the account in relock.yaml' },
  '42501': {
    code: 'Unauthorized',
    text: 'the login may not do that to this role; nothing was changed. `relock check` names the missing right',
  },
  '25006': {
    code: 'Misconfigured',
    text: 'this server takes no changes: it is a standby; nothing was changed. Name the primary in relock.yaml',
  },
  // Never said of a statement that is at its commit: whoever gives up the wait for a standby is told that it was done.
  '57014': {
    code: 'Timeout',
    text: 'the statement was not done when its time was over, and the server took it back; nothing was changed',
  },
  '53100': {
    code: 'Refused',
    text: 'no space is left on the disk of the server; nothing was changed. Let its owner make room',
  },
  '22023': {
    code: 'Refused',
    text: 'a rule for passwords there (such as passwordcheck or credcheck) does not take this one; nothing was changed. Look at its settings',
  },
  '53200': { code: 'Refused', text: 'the server is out of memory; nothing was changed. Let its owner look' },
  '55P03': { code: 'Timeout', text: 'somebody else holds a lock on the role; nothing was changed. Try again' },
};

/** The session was ended by the server, or the server cannot say what became of the statement. */
const unsure = /^(?:08|57P|40003|58|XX)/;

/** The server's answer to a statement, by its SQLSTATE alone: its text may quote what was sent. */
export function statementError(server: Server, sqlState: string, effect: Effect): DriverError {
  const shown = /^[0-9A-Z]{5}$/.test(sqlState) ? sqlState : 'unknown';
  if (unsure.test(sqlState)) {
    const truth = effect === 'none' ? 'nothing was changed' : 'the change may have happened. Probe the account';
    return server.error('Unreachable', effect, `the server ended the session (SQLSTATE ${shown}); ${truth}`);
  }
  const meaning = meanings[sqlState];
  if (meaning !== undefined) return server.error(meaning.code, 'none', meaning.text);
  const text = `the server said no (SQLSTATE ${shown}); nothing was changed. Its own log has the reason`;
  return server.error('Refused', 'none', text);
}
