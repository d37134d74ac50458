import { describe, expect, it } from 'vitest';
import type { EndState, Flags, Reason } from '../../src/model/endStates.js';
import type { KnownSecret } from './estate.js';
import type { RunEnd } from './lane/rotations.js';
import { judge } from './verdict/judge.js';
import type { Observed, TargetSeen } from './verdict/observe.js';

const secret = (name: string): KnownSecret => ({
  name,
  fields: { username: 'svc', password: `pw-${name}`, note: 'kept' },
});
const [old, fresh, person] = [secret('old'), secret('new'), secret('person')];

const target = (accepted: readonly KnownSecret[], more: Partial<TargetSeen> = {}): TargetSeen => ({
  id: 'target',
  accepted,
  refused: [],
  accepts: null,
  ...more,
});

/** After a rotation as it should be; each test breaks one thing. */
function seen(change: Partial<Observed> & { copies?: Observed['vaults']['copies'] } = {}): Observed {
  const { copies = [fresh], ...rest } = change;
  return { old, persons: [], vaults: { copies, held: [], isOpen: false }, targets: [target([fresh])], ...rest };
}

function ended(state: EndState, reason: Reason | null = null, flags: Partial<Flags> = {}, open = false): RunEnd {
  const causes = state === 'rotated' ? [] : ['target: something was answered'];
  const about = { credential: 'itron/service', incident: null, token: 'x', startedAt: 0, endedAt: 1, causes };
  return {
    kind: 'ended',
    result: { ...about, state, reason, open, flags: { exposed: false, stale: [], unsaved: [], ...flags } },
  };
}

const before = seen({ copies: [old], targets: [target([old])] });
const said = (observed: Observed, end: RunEnd, onlyHeld = false) =>
  judge(observed, end, { onlyHeld, afterProof: false, beforeOpen: false }).map(
    ({ invariant, what }) => `${invariant}: ${what}`,
  );

describe('what is as it should be', () => {
  const ends: readonly [string, Observed, RunEnd][] = [
    ['rotated', seen(), ended('rotated')],
    ['untouched', before, ended('untouched', 'unreachable')],
    ['rolledBack', before, ended('rolledBack', 'notTaken')],
    ['replaced', seen({ targets: [target([old, fresh])] }), ended('replaced', 'propagating', { exposed: true })],
    ['stale copy', seen({ copies: [fresh, old] }), ended('rotated', null, { stale: ['copy-2:x'] })],
    [
      'superseded',
      seen({ copies: [person], persons: [person], targets: [target([person])] }),
      ended('untouched', 'superseded'),
    ],
    [
      'unverified',
      seen({ vaults: { copies: [old], held: [fresh], isOpen: true } }),
      ended('unverified', 'silent', { exposed: true }, true),
    ],
  ];
  it.each(ends)('%s', (_name, observed, end) => expect(said(observed, end)).toEqual([]));
});

describe('a first adoption', () => {
  const vendors = { ...old, isVendors: true } as const;
  const adopted = seen({ old: vendors, copies: [{ ...fresh, fields: { ...fresh.fields } }] });

  it.each<[string, Observed, RunEnd]>([
    ['replaced', adopted, ended('replaced', 'adopted', { exposed: true })],
    [
      'untouched',
      seen({ old: vendors, copies: [null], targets: [target([vendors])] }),
      ended('untouched', 'unreachable', { exposed: true }),
    ],
  ])('%s is as it should be', (_name, observed, end) => expect(said(observed, end)).toEqual([]));

  it.each<[RunEnd, string]>([
    [ended('rotated'), 'I4: rotated: no old secret was known'],
    [ended('replaced', 'adopted'), 'I4: replaced: no old secret was known'],
  ])('an end that claims a proof is named', (end, text) =>
    expect(said(adopted, end)).toContainEqual(expect.stringContaining(text)),
  );

  it('readers who had nothing got one, and it says that nothing was changed', () =>
    expect(said(adopted, ended('untouched', 'drift', { exposed: true }))).toContainEqual(
      expect.stringContaining('readers get another one'),
    ));
});

describe('what is not is named', () => {
  const wrong: readonly [string, Observed, RunEnd, string][] = [
    [
      'a target accepts what nobody holds',
      seen({ targets: [target([])] }),
      ended('rotated'),
      'I1: target accepts nothing',
    ],
    [
      'readers get what does not work',
      seen({ copies: [secret('x')], vaults: { copies: [secret('x')], held: [fresh], isOpen: false } }),
      ended('rotated'),
      'I2: rotated: what readers of copy 1',
    ],
    [
      'readers get nothing',
      seen({ vaults: { copies: [null], held: [fresh], isOpen: false } }),
      ended('rotated'),
      'I2: readers of copy 1 get nothing',
    ],
    [
      'a field of the readers is lost',
      seen({ copies: [{ name: 'new', fields: { password: 'pw-new' } }] }),
      ended('rotated'),
      'I2: rotated: readers of a copy lost',
    ],
    [
      'the old one lives',
      seen({ targets: [target([fresh, old])] }),
      ended('rotated'),
      'I4: rotated: target accepts the old secret',
    ],
    ['readers still get the old one', before, ended('rotated'), 'I4: rotated: readers still get the old secret'],
    [
      'replaced without a word of exposure',
      seen({ targets: [target([fresh, old])] }),
      ended('replaced', 'straggler'),
      'I4: replaced: target accepts the old secret',
    ],
    [
      'a third one is left',
      seen({
        vaults: { copies: [fresh], held: [secret('third')], isOpen: false },
        targets: [target([fresh, secret('third')])],
      }),
      ended('rotated'),
      'I4: rotated: target also accepts third',
    ],
    [
      'more than we know of',
      seen({ targets: [target([fresh], { accepts: 2 })] }),
      ended('rotated'),
      'I4: target accepts 2 secrets',
    ],
    ['untouched, and it was touched', seen(), ended('untouched', 'silent'), 'I5: untouched: readers get another one'],
    [
      'rolled back, and it is not',
      seen({ copies: [old], vaults: { copies: [old], held: [fresh], isOpen: false }, targets: [target([fresh])] }),
      ended('rolledBack', 'notTaken'),
      'I5: rolledBack: target refuses the old secret',
    ],
    [
      'rolled back, and the new one lives on',
      seen({ copies: [old], targets: [target([old, fresh])] }),
      ended('rolledBack', 'notTaken'),
      'I5: rolledBack: target accepts a new one too',
    ],
    [
      'a record that nobody tells of',
      seen({ vaults: { copies: [fresh], held: [], isOpen: true } }),
      ended('rotated'),
      'I5: rotated: it says that its record is closed',
    ],
    ['no reason', before, ended('untouched'), 'I5: untouched without a reason'],
    ['no end', seen(), { kind: 'endless', waitsFor: 'straggler' }, 'I5: it does not end'],
    ['a broken workflow', seen(), { kind: 'broken' }, 'I5: its workflow failed'],
  ];
  it.each(wrong)('%s', (_name, observed, end, expected) => {
    expect(said(observed, end)).toContainEqual(expect.stringContaining(expected));
  });

  it('where only I1 is asked, it is asked', () => {
    expect(said(before, ended('rotated'), true)).toEqual([]);
    expect(said(seen({ targets: [target([])] }), ended('rotated'), true)).toEqual([expect.stringContaining('I1')]);
  });
});
