import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RotationResult } from '../../src/workflows/messages.js';
import type { FaultEstate, KnownSecret } from './estate.js';
import { estateKinds } from './estates/index.js';
import { judge } from './verdict/judge.js';
import { leaksIn } from './verdict/leaks.js';
import { observe } from './verdict/observe.js';

let estate: FaultEstate;
let old: KnownSecret;

beforeAll(async () => {
  const [kind] = estateKinds;
  if (kind === undefined) throw new Error('no estate');
  estate = await kind.start(async ({ host, port }) => `${host}:${port}`);
});
afterAll(() => estate?.stop());
beforeEach(async () => {
  await estate.reset();
  const [primary] = (await estate.look()).copies;
  old = { name: 'old', fields: primary?.fields ?? {} };
});

function result(state: RotationResult['state'], reason: RotationResult['reason']): RotationResult {
  const about = { credential: estate.credential, incident: null, token: 'x', open: false, startedAt: 0, endedAt: 1 };
  const causes = state === 'rotated' ? [] : ['target: something was answered'];
  return { ...about, state, reason, causes, flags: { exposed: false, stale: [], unsaved: [] } };
}

async function verdict(state: RotationResult['state'], reason: RotationResult['reason'] = null) {
  const seen = await observe(estate, old, []);
  return judge(
    seen,
    { kind: 'ended', result: result(state, reason) },
    { onlyHeld: false, afterProof: false, beforeOpen: false },
  );
}

/** Of which nobody tells the checker. */
const secretly = (event: string) => estate.events[event]?.();

describe('a real host and a real vault, and somebody who breaks the promise', () => {
  it('nothing was done: nothing is found', async () => {
    expect(await verdict('untouched', 'cancelled')).toEqual([]);
  });

  it('the host gets a secret that no vault holds: I1', async () => {
    await secretly('person changes the target');
    expect(await verdict('rotated')).toContainEqual({
      invariant: 'I1',
      what: 'target accepts nothing that is held; it accepts: none',
    });
  });

  it('readers get a secret that opens nothing, the old one lives: I2 and I4', async () => {
    await secretly('person writes the vault');
    const found = await verdict('rotated');
    expect(found).toContainEqual({ invariant: 'I4', what: 'rotated: target accepts the old secret' });
    expect(found).toContainEqual({ invariant: 'I2', what: 'rotated: what readers of copy 1 get works on 0 targets' });
  });

  it('a secret in a file, in each form: I3', async () => {
    const [value = ''] = [old.fields.password];
    expect(await leaksIn([estate.folder], [old])).toEqual([]);
    const forms = {
      plain: value,
      base64: Buffer.from(`x${value}`).toString('base64'),
      hex: Buffer.from(value).toString('hex'),
    };
    for (const [form, text] of Object.entries(forms)) {
      const file = join(estate.folder, `${form}.log`);
      await writeFile(file, `{"said":"${text}"}`);
      expect(await leaksIn([estate.folder], [old])).toContainEqual({
        invariant: 'I3',
        what: expect.stringContaining(`${form}.log`),
      });
    }
  });
});
