import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CredentialEntry } from '../../src/config/estate.js';
import { turnsOf } from '../../src/recover/turns.js';
import { type MemoryBench, memoryBench } from '../workflows/memoryBench.js';

let bench: MemoryBench;
beforeEach(async () => {
  bench = await memoryBench({ credentials: 3, targetsEach: 1 });
});
afterEach(() => bench.close());

function credential(id: string, change: Partial<CredentialEntry> = {}): { readonly entry: CredentialEntry } {
  const entry = bench.estate.credentials.get('acme/svc-1');
  if (entry === undefined) throw new Error('no credential');
  return { entry: { ...(bench.estate.credentials.get(id) ?? entry), id, ...change } };
}

const ids = (turns: ReturnType<typeof turnsOf<{ readonly entry: CredentialEntry }>>) =>
  turns.map((chains) => chains.map((chain) => chain.map(({ entry }) => entry.id)));

it('side by side, but the management login that they need comes first', () => {
  const management = credential('mgmt', { copies: [{ vault: 'primary', path: 'mgmt' }], account: 'root' });
  const open = [credential('acme/svc-1'), credential('acme/svc-2'), management];
  expect(ids(turnsOf(bench.estate, open))).toEqual([[['mgmt']], [['acme/svc-1'], ['acme/svc-2']]]);
});

it('those that share an account on a target go one after the other', () => {
  const open = [credential('acme/svc-1'), credential('acme/svc-2'), credential('acme/again', { targets: ['dev-1-a'] })];
  expect(ids(turnsOf(bench.estate, open))).toEqual([[['acme/svc-2'], ['acme/svc-1', 'acme/again']]]);
});

it('nothing open: no turn', () => {
  expect(turnsOf(bench.estate, [])).toEqual([]);
});
