/**
 * What a fresh login said.
 * - `accepted`: this very secret opened the account.
 * - `rejected`: the target decided that the secret is wrong.
 * - `barred`: locked, disabled, expired, banned; says nothing of the secret.
 * - `unknown`: no decision was heard (silence, dropped connection, full queue).
 */
export const probeAnswers = ['accepted', 'rejected', 'barred', 'unknown'] as const;
export type ProbeAnswer = (typeof probeAnswers)[number];
