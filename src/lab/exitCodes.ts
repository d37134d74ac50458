/** How the driver's scripts end; `src/targets/linux/remoteScript.ts` says what each means to relock. */
export const exitCodes = {
  done: 0,
  notRoot: 71,
  noAccount: 72,
  refused: 73,
  changedMeanwhile: 75,
  cutShort: 78,
  notFound: 127,
} as const;
