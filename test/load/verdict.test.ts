import { describe, expect, it } from 'vitest';
import { type ClosingReport, countsOf, type StoredEnd, verdict } from './verdict.js';
import type { Truth } from './witness.js';

const truths: readonly Truth[] = [
  {
    credential: 'a',
    readers: 'value-1',
    accepted: { one: ['value-1'] },
    held: [],
    open: null,
    spent: { ta: 'rotated' },
  },
  {
    credential: 'b',
    readers: 'value-1',
    accepted: { one: ['value-1'], two: ['old'] },
    held: ['old', 'value-1'],
    open: 'tb',
    spent: {},
  },
  {
    credential: 'c',
    readers: 'old',
    accepted: { one: ['old'] },
    held: ['value-1'],
    open: null,
    spent: { tc: 'untouched' },
  },
];

const safe = { exposed: false, stale: [], unsaved: [] };
const exposed = { ...safe, exposed: true };
const rotated: StoredEnd = { credential: 'a', token: 'ta', state: 'rotated', reason: null, flags: safe, open: false };
const replaced: StoredEnd = { ...rotated, credential: 'b', token: 'tb', state: 'replaced', flags: exposed, open: true };
const untouched: StoredEnd = { ...rotated, credential: 'c', token: 'tc', state: 'untouched', flags: exposed };
const ends = [rotated, replaced, untouched];

/** What a run says, with this one thing changed. */
function judged(change: {
  readonly truth?: Partial<Truth> & Pick<Truth, 'credential'>;
  readonly said?: readonly StoredEnd[];
  readonly report?: Partial<ClosingReport>;
}): readonly string[] {
  const { truth, said = ends, report } = change;
  const so = truths.map((one) => (one.credential === truth?.credential ? { ...one, ...truth } : one));
  return verdict(so, said, { ...reportOf(said), ...report });
}

function reportOf(said: readonly StoredEnd[]): ClosingReport {
  const rows = said.map(({ credential, flags, ...row }) => ({ ...row, id: credential, exposed: flags.exposed }));
  return {
    total: said.length,
    ends: countsOf(said.map(({ state }) => state)),
    pending: 0,
    blocked: 0,
    exposed: rows.filter((row) => row.exposed).length,
    credentials: rows,
  };
}

describe('the verdict', () => {
  it('finds nothing where everything is as it was said', () => {
    expect(judged({})).toEqual([]);
  });

  it.each<[string, Parameters<typeof judged>[0]]>([
    ['a device accepts something else', { truth: { credential: 'a', accepted: { one: ['old'] } } }],
    ['said to be safe', { truth: { credential: 'a', accepted: { one: ['old', 'value-1'] } } }],
    ['readers get no new one', { truth: { credential: 'a', readers: 'old' } }],
    ['I1: a device accepts', { truth: { credential: 'b', held: [] } }],
    ['no device accepts what readers get', { truth: { credential: 'b', accepted: { one: ['old'], two: ['old'] } } }],
    ['its record is open', { truth: { credential: 'a', open: 'ta' } }],
    ['the vault knows no such end', { truth: { credential: 'a', spent: { ta: 'replaced' } } }],
    ['a device is not as it was', { truth: { credential: 'c', accepted: { one: ['value-1'] } } }],
    ['readers get something else', { truth: { credential: 'c', readers: 'value-1' } }],
    ['nothing in this run can bring about', { said: [rotated, { ...replaced, state: 'lost' }, untouched] }],
    ['c: has no end', { said: [rotated, replaced] }],
    ['has 2 ends', { said: [...ends, { ...untouched, token: 'again' }] }],
    ['is no credential of the run', { said: [...ends, { ...untouched, credential: 'd' }] }],
    ['report: total', { report: { total: 4 } }],
    ['report: not one row', { report: { credentials: [] } }],
    ['1 pending', { report: { pending: 1 } }],
    ['report: ends', { report: { ends: { rotated: 3 } } }],
    ['another number is exposed', { report: { exposed: 0 } }],
    ['wrong about b', { report: { credentials: reportOf(ends).credentials.map((row) => ({ ...row, open: false })) } }],
  ])('sees that %s', (what, change) => {
    expect(judged(change).join('\n')).toContain(what);
  });
});
