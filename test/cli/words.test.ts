import { expect, it } from 'vitest';
import { statusLines } from '../../src/cli/incident/words.js';
import { endLines } from '../../src/cli/rotation/endWords.js';

/** What these incidents have in common. */
const unremarkable = {
  vendor: 'itron',
  reason: 'breach',
  planDigest: null,
  plan: null,
  wave: null,
  waves: 1,
  closing: null,
  findings: null,
  signing: null,
};

const cause = 'meter: 10.0.0.7: the present key is not in the key file; nothing was changed. Set `keyOptions`';

it('the end of a rotation names what stood in its way, below why and above what to do', () => {
  const flags = { exposed: true, stale: [], unsaved: [] };
  const about = { credential: 'itron/svc', incident: null, token: 'a'.repeat(64), startedAt: 0, endedAt: 1_500 };
  const lines = endLines({
    ...about,
    state: 'untouched',
    reason: 'misconfigured',
    flags,
    open: false,
    causes: [cause],
  });
  expect(lines).toEqual([
    expect.stringContaining('itron/svc: untouched'),
    `  ${cause}`,
    '  next: correct what is named above, then relock rotate itron/svc',
  ]);
});

it('the status of an incident names it for each credential that is not rotated', () => {
  const lines = statusLines({
    incident: 'INC-1',
    ...unremarkable,
    state: 'finished',
    exposed: 1,
    credentials: [
      { id: 'itron/svc', state: 'untouched', exposed: true, reason: 'misconfigured', causes: [cause] },
      { id: 'itron/fine', state: 'rotated', exposed: false },
    ],
  });
  const from = lines.indexOf('What stood in the way:');
  expect(lines.slice(from + 2)).toEqual([expect.stringMatching(`^itron/svc +${cause.slice(0, 30)}`)]);
});

it('an incident that waits for a person says who signed, and what to type', () => {
  const lines = statusLines({
    incident: 'incident/itron/inc-1',
    ...unremarkable,
    state: 'awaitingApproval',
    exposed: 0,
    signing: { required: 2, opener: 'carol', by: ['alice'] },
    credentials: [],
  });
  expect(lines).toContain('opened by carol; signed by 1 of 2: alice');
  expect(lines.find((line) => line.startsWith('next: '))).toContain('relock incident approve itron/inc-1');
});
