import { describe, expect, test } from 'vitest';
import { probeAnswers } from '../../src/model/probe.js';
import { lastWords, reconcile, reconcileTable, type Verdict } from '../../src/protocol/reconcile.js';

/** Written out by hand from design §3, new × old: what it means where one secret lives, where two may, and at the deadline. */
const cells: readonly (readonly [string, string, Verdict, Verdict, string])[] = [
  ['accepted', 'accepted', 'propagating', 'overlapping', 'taken'],
  ['accepted', 'rejected', 'happened', 'happened', 'taken'],
  ['accepted', 'barred', 'propagating', 'overlapping', 'taken'],
  ['accepted', 'unknown', 'propagating', 'overlapping', 'taken'],
  ['rejected', 'accepted', 'nothing', 'nothing', 'failed'],
  ['rejected', 'rejected', 'neither', 'neither', 'lost'],
  ['rejected', 'barred', 'unclear', 'unclear', 'unknown'],
  ['rejected', 'unknown', 'unclear', 'unclear', 'unknown'],
  ['barred', 'accepted', 'barred', 'barred', 'unknown'],
  ['barred', 'rejected', 'barred', 'barred', 'unknown'],
  ['barred', 'barred', 'barred', 'barred', 'unknown'],
  ['barred', 'unknown', 'barred', 'barred', 'unknown'],
  ['unknown', 'accepted', 'unclear', 'unclear', 'unknown'],
  ['unknown', 'rejected', 'unclear', 'unclear', 'unknown'],
  ['unknown', 'barred', 'unclear', 'unclear', 'unknown'],
  ['unknown', 'unknown', 'unclear', 'unclear', 'unknown'],
];

describe('the reconcile table', () => {
  for (const newAnswer of probeAnswers) {
    for (const oldAnswer of probeAnswers) {
      test(`new ${newAnswer} × old ${oldAnswer}`, () => {
        const cell = cells.find(([one, other]) => one === newAnswer && other === oldAnswer);
        const seen = [reconcile(newAnswer, oldAnswer, false), reconcile(newAnswer, oldAnswer, true)] as const;
        expect([newAnswer, oldAnswer, ...seen, lastWords[seen[0]]]).toEqual(cell);
        expect(lastWords[seen[1]]).toBe(lastWords[seen[0]]);
      });
    }
  }

  test('has exactly one row for every pair of answers', () => {
    for (const newAnswer of probeAnswers) {
      for (const oldAnswer of probeAnswers) {
        const rows = reconcileTable.filter((row) => row.new.includes(newAnswer) && row.old.includes(oldAnswer));
        expect(rows).toHaveLength(1);
      }
    }
  });
});
