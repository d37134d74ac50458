/** How a rotation ended: only what was observed, never what was hoped. */
export const endStates = {
  rotated: 'the new secret works and every old one was seen refused on every target',
  replaced: 'the new secret works and is current; an old one was not seen refused everywhere',
  untouched: 'no target took the new secret; what was true before is still true',
  rolledBack: 'the new secret was put in and taken out again; the old one works',
  disabled: 'the account is suspended until a person decides',
  unverified: 'nobody knows which secret works on some target; both are held',
  lost: 'no held secret works on some target; all of them are held',
} as const;
export type EndState = keyof typeof endStates;
export const endStateNames: readonly EndState[] = [
  'rotated',
  'replaced',
  'untouched',
  'rolledBack',
  'disabled',
  'unverified',
  'lost',
];

/** Why nothing was changed (`untouched`), why a rotation waits (`parked`), or what a person must look at. Closed: it is stored in clear. */
export const reasons = {
  unreachable: 'no target answered',
  noOldValue: 'no vault holds a present secret, and relock.yaml asks for no first adoption',
  adopted: 'no old secret was known, so none was seen refused; whatever opened the account before may still do so',
  drift: 'vault and target disagree about the present secret',
  barred: 'the account is locked, disabled or expired',
  refused: 'the target refused the new secret',
  unauthorized: "relock's own login was refused",
  copyUnavailable: 'a vault that keeps a copy did not take the new secret',
  vaultUnavailable: 'the primary vault did not answer',
  superseded: 'a person set a newer secret meanwhile',
  cancelled: 'it was cancelled before readers had the new secret',
  held: 'another rotation, or another relock that carries this one on, holds this credential',
  spent: 'this rotation was already carried out',
  misconfigured: 'the configuration does not fit what is there',
  unsupported: 'the driver cannot do what this needs',
  notTaken: 'the target said yes, or nothing, and did not take the new secret',
  confirmFailed: 'the change works but could not be saved on the device',
  promoteShare: 'too few targets took the new secret to hand it to readers',
  straggler: 'a target did not answer and may still accept the old secret',
  propagating: 'the old secret is still accepted, although it should be dead by now',
  vacuous: 'the old secret was refused, but no control shows that the refusal means anything',
  budget: 'no more refused logins may be spent on this account',
  lockout: 'the account would be locked by proving it',
  suspended: 'the account is suspended by relock',
  consumers: 'consumers have not moved to the new secret',
  sessions: 'sessions opened with the old secret may still be open',
  stillUsed: 'somebody still uses the old secret and got the account locked',
  silent: 'the target gave no answer that decides',
  bug: 'relock broke one of its own rules; please report it',
  vendor: 'waits for the vendor or owner to supply the value',
} as const;
export type Reason = keyof typeof reasons;

export interface Flags {
  /** An old secret may still open something. */
  readonly exposed: boolean;
  /** Copies whose readers do not get the new secret. Copy references. */
  readonly stale: readonly string[];
  /** Targets where a reboot may revive the old secret. Target ids. */
  readonly unsaved: readonly string[];
}
