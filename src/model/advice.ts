import type { Reason } from './endStates.js';
import type { CredentialStatus } from './incident.js';

const byState: Readonly<Record<CredentialStatus['state'], string>> = {
  rotated: 'nothing',
  replaced:
    'make the target reachable, then run relock recover: it proves that the old one is dead, or says what still accepts it',
  untouched:
    'remove the cause, then open another incident for it (--key); without approvals relock rotate does as well',
  rolledBack: 'remove the cause, then rotate again: the old one, which the vendor knows, works',
  disabled: 'decide, then run relock reinstate',
  unverified: 'both secrets are held: make the target reachable, then run relock recover',
  lost: 'all secrets are held, none works: set a new one on the device by hand, put it into the vault, then run relock recover',
  pending: 'wait, or look at its workflow in the Temporal UI',
  running: 'wait',
  parked: 'see what it waits for',
  blocked: 'correct relock.yaml, then open the incident again with another --key',
};

/** Where the reason says more than the end. */
const byReason: Readonly<Partial<Record<Reason, string>>> = {
  vacuous:
    'nothing shows that a refusal means anything there: try the old one yourself from another place, or accept the risk in writing',
  adopted:
    'look on the targets what else opens the account (other keys, secret-ids, logins), remove it, then take `adopt` out of relock.yaml and rotate again',
  lockout:
    'proving it would lock the account: look in the directory whether its secret has changed, or accept the risk in writing',
  budget: 'wait until the refused logins are forgotten there, then run relock recover',
  propagating: 'the old one still opens it: run relock recover when it should be dead, remove it by hand if it is not',
  confirmFailed:
    'save the configuration on the device by hand, then run relock recover; until then a reboot revives the old one',
  sessions: 'end the sessions of the account by hand, then run relock recover',
  stillUsed: 'find who still logs in with the old one, and unlock the account',
  barred: 'find out why the account is locked and unlock it, then run relock recover',
  superseded:
    'readers get what somebody wrote, and nobody looked whether it works: try it; if it does not, rotate again with --policy forward',
  bug: 'nobody knows what was done: run relock recover, and report the bug',
};

/** Of what was not touched: most causes name what to do. */
const noOldValue =
  'look for a mistyped path or another field name in the vault; if it is a first adoption, say `adopt: true` in relock.yaml; then rotate again';

/** What a person does about a credential that stands so. */
export function adviceFor(state: CredentialStatus['state'], reason: Reason | null = null): string {
  if (state === 'untouched' && reason === 'noOldValue') return noOldValue;
  const isOpen =
    state === 'replaced' ||
    state === 'unverified' ||
    (state === 'rotated' && (reason === 'stillUsed' || reason === 'superseded'));
  return (isOpen && reason !== null ? byReason[reason] : undefined) ?? byState[state];
}
