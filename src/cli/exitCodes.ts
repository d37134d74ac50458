/** What each exit code of every command means. */
export const exitCodes = {
  done: { code: 0, meaning: 'done' },
  failed: { code: 1, meaning: 'failed' },
  badInput: { code: 2, meaning: 'bad input or configuration; nothing was touched' },
  incomplete: { code: 3, meaning: 'finished, but not everything is rotated' },
  waiting: { code: 4, meaning: 'waiting for a person' },
} as const;
export type Outcome = keyof typeof exitCodes;
