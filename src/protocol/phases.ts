/** The phases of a rotation, in order, then its two ways out. Code, docs/protocol.md and tests read this one value. */
export const phases = {
  opened: {
    doneBy: '`vault.open`: the record, atomic create; what readers get is held',
    truth: 'Nobody else rotates this credential; whoever finds the record can finish it, and who opened it last alone.',
    why: 'Without it two rotations would each keep a candidate that the other does not know, and a crash would leave nothing to find.',
    exits:
      '`untouched` when the vault does not answer, or holds no present secret and nobody asked for a first adoption; another record is finished first.',
  },
  checked: {
    doneBy: '`probe` of the old versions; copies compared',
    truth: 'We know whether vault and target agree, which old version works where, and whether undo exists.',
    why: 'Without it a refusal at the end proves nothing: the secret may have been dead before.',
    exits: '`untouched(unreachable | drift | barred | misconfigured)`: nothing was made yet.',
  },
  staged: {
    doneBy: '`vault.stage` at every copy, then `target.capture` where undo needs it',
    truth: 'The new secret and what undo needs are durable; no device has heard of it.',
    why: 'Without it a crash right after the change loses the only secret that works.',
    exits: '`untouched`: the candidate was never sent and goes.',
  },
  applied: {
    doneBy: '`target.change`: one target alone first, the others once it is verified',
    truth: 'Each target was told; each took it or we will find out.',
    why: 'The first target is the canary inside the credential: a bad candidate breaks one device, not four hundred.',
    exits:
      'to `verified`; an order of which nothing could be sent is given once more; a refusal proved without effect goes to the failure policy.',
  },
  verified: {
    doneBy: '`probe` of the new secret, of the old one where the new is not accepted, and the reconcile table',
    truth: 'A fresh login with exactly this version worked on every target that counts.',
    why: 'An exit code 0 is not a login.',
    exits: '`restore`: undo; `forward`: a person decides below `promoteAt`; `unverified`, `lost`.',
  },
  confirmed: {
    doneBy: '`target.confirm`: save, confirm a timed commit, re-read; then `probe` of the new secret once more',
    truth:
      'The change survives a reboot, and still works after it was saved; until then the device reverts by itself if we die.',
    why: 'A change that was not saved revives the stolen secret at the next power cut.',
    exits:
      'a device that restarted before it saved is changed again; not saved: `restore`: undo, `forward`: go on, `unsaved`.',
  },
  promoted: {
    doneBy: '`vault.promote`, primary first, compare-and-set',
    truth: 'Readers get the new secret. The point of no return: from here everything goes forward.',
    why: 'Readers must never get a secret that was not seen to work.',
    exits: '`untouched(superseded)` when a person set a newer secret that works; a copy that stays behind is `stale`.',
  },
  adopted: {
    doneBy: 'consumers have moved (nothing to do where none are declared)',
    truth: 'Nobody who should work still needs the old secret.',
    why: 'A key deleted under its user is an outage.',
    exits: '`parked` until they moved; at the deadline `forward` goes on, `restore` ends `replaced`.',
  },
  retired: {
    doneBy: '`target.retire`, `endSessions`, then `probe` of the old and of the new secret, right after one another',
    truth: "The attacker's copy opens nothing, his sessions are gone.",
    why: 'This is what the rotation is for. A refusal is proof only beside a control.',
    exits:
      '`replaced`: current and proven new, old one not seen refused everywhere; the record stays open where more can be proven. `replaced(adopted)`: no old one was known.',
  },
  finished: {
    doneBy: '`vault.finish` at every copy, primary last',
    truth: 'Nothing is left to prove; versions that some target may still accept stay held.',
    why: 'The record goes last, so that a crash before it leaves something to find.',
    exits: '`rotated`, or the end that was observed.',
  },
  undo: {
    doneBy: '`revert`, `change` or `retire`, whichever the driver declares; then `probe` of old and new',
    truth:
      'Every target that was told goes back, and a fresh login shows it. Only under `restore`, only before `promoted`.',
    why: 'An undo that is not verified is a second unverified change.',
    exits: '`rolledBack`, `untouched` when no target ever took it, `unverified`; a `join` ends it and goes forward.',
  },
  suspended: {
    doneBy: '`target.suspend`',
    truth: 'The account opens with neither secret until a person decides. Only under `disable`.',
    why: 'Where neither going on nor going back is acceptable, nobody gets in.',
    exits: '`disabled`; `unverified` where a target could not be reached.',
  },
} as const satisfies Record<string, { doneBy: string; truth: string; why: string; exits: string }>;

export type PhaseName = keyof typeof phases;

/** A rotation that goes forward passes these, in this order. */
export const forwardPhases: readonly PhaseName[] = [
  'opened',
  'checked',
  'staged',
  'applied',
  'verified',
  'confirmed',
  'promoted',
  'adopted',
  'retired',
  'finished',
];

export const phaseNames: readonly PhaseName[] = [...forwardPhases, 'undo', 'suspended'];
