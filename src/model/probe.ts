/**
 * What a fresh login said.
 * - `accepted`: this very secret opened the account.
 * - `rejected`: the target decided that the secret is wrong.
 * - `barred`: locked, disabled, expired, banned; says nothing of the secret.
 * - `unknown`: no decision was heard (silence, dropped connection, full queue).
 */
export const probeAnswers = ['accepted', 'rejected', 'barred', 'unknown'] as const;
export type ProbeAnswer = (typeof probeAnswers)[number];

export interface Probed {
  readonly answer: ProbeAnswer;
  /** Why it says nothing of the secret, or nothing at all, and what to do: in relock's words. Always there beside `barred`. */
  readonly because?: string;
}
