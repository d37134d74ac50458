/**
 * What a fresh login said.
 * - `accepted`: this very secret opened the account.
 * - `rejected`: the target decided that the secret is wrong.
 * - `barred`: locked, disabled, expired, banned; says nothing of the secret.
 * - `unknown`: no decision was heard (silence, dropped connection, full queue).
 */
export const probeAnswers = ['accepted', 'rejected', 'barred', 'unknown'] as const;
export type ProbeAnswer = (typeof probeAnswers)[number];

/** What a login without a yes or no was, where nobody knows more; null: it decided. */
export const undecided: Readonly<Record<ProbeAnswer, string | null>> = {
  accepted: null,
  rejected: null,
  barred: 'says that the account is locked, disabled or expired',
  unknown: 'did not answer a login in time, or not with yes or no; see whether the worker reaches it (`relock check`)',
};

/** At the end of a rotation that did not begin, and in a dry run. */
export const presentRefused =
  'vault and target disagree about the present secret: the target refuses what readers of the vault get. Find out who changed it; in an incident relock sets a new one by the management login';

export interface Probed {
  readonly answer: ProbeAnswer;
  /** Why it says nothing of the secret, or nothing at all, and what to do: in relock's words. Always there beside `barred`. */
  readonly because?: string;
}
