import type { Capabilities } from '../../src/model/capabilities.js';

const hour = 3_600_000;

/** The plainest device there is: one slot, put back by what was captured. */
export const plain: Capabilities = {
  overlap: false,
  makers: ['generated'],
  selfChange: true,
  managementChange: true,
  oldDies: 'now',
  undo: 'capture',
  secretPolicy: {
    minLength: 8,
    maxLength: 32,
    significantLength: 32,
    alphabet: 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789',
  },
  settleMs: 0,
  silenceIsRefusal: false,
  lockoutThreshold: null,
  confirms: false,
  timedCommitMs: null,
  endsSessions: false,
  suspends: true,
  enumerates: false,
};

/** Kinds of devices, named by what makes them awkward. */
export const profiles = {
  plain,
  setsAgain: { ...plain, undo: 'change', endsSessions: true },
  keyFile: { ...plain, overlap: true, oldDies: 'onRetire', undo: 'retire', enumerates: true, endsSessions: true },
  lingering: { ...plain, oldDies: { afterMs: hour }, lockoutThreshold: 4 },
  secondChange: { ...plain, overlap: true, oldDies: 'afterSecondChange' },
  timedCommit: { ...plain, confirms: true, timedCommitMs: 300_000 },
  saves: { ...plain, confirms: true },
  locks: { ...plain, lockoutThreshold: 3, endsSessions: true },
  locksAtOnce: { ...plain, lockoutThreshold: 2 },
  slow: { ...plain, settleMs: 30_000 },
  silent: { ...plain, silenceIsRefusal: true },
  noUndo: { ...plain, undo: 'none' },
} as const satisfies Record<string, Capabilities>;
export type Profile = keyof typeof profiles;

/** The target makes the value: two slots, ids listed. */
export const issuing: Capabilities = {
  ...plain,
  overlap: true,
  makers: ['issued'],
  oldDies: 'onRetire',
  undo: 'retire',
  secretPolicy: null,
  suspends: false,
  enumerates: true,
};
