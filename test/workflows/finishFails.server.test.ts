import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Estate } from '../../src/config/estate.js';
import type { VaultBackend } from '../../src/contracts/vaultBackend.js';
import { DriverError } from '../../src/model/errors.js';
import { sharedTemporal } from '../harness/shared.js';
import { type MemoryBench, memoryBench } from './memoryBench.js';
import { rotationInput } from './rotationInput.js';
import { startRotation, type TemporalBench, temporalBench } from './temporalBench.js';

let temporal: TemporalBench;
let bench: MemoryBench;

beforeAll(async () => {
  const { address, namespace } = await sharedTemporal();
  temporal = await temporalBench(address, namespace);
  bench = await memoryBench({ targetsEach: 1, timing: { settleDeadlineMs: 1_000 } });
});
afterAll(async () => {
  await temporal?.close();
  bench?.close();
});

/** It does everything but close a record. */
function silentAtFinish(inner: VaultBackend): VaultBackend {
  const message = 'no answer from the vault; whether the record was closed is not known';
  const silence = { code: 'Timeout', effect: 'unknown', driver: 'memory', subject: 'primary', message } as const;
  return new Proxy(inner, {
    get(vault, name) {
      if (name === 'finish') return () => Promise.reject(new DriverError(silence));
      const found: unknown = Reflect.get(vault, name, vault);
      return typeof found === 'function' ? found.bind(vault) : found;
    },
  });
}

it('a vault that is away when the record is to be closed leaves it open, and what was observed stays', async () => {
  const vaults = [...bench.estate.vaults].map(([name, vault]) => [name, silentAtFinish(vault)] as const);
  const estate: Estate = { ...bench.estate, vaults: new Map(vaults) };
  await temporal.startWorker(estate);
  const handle = await startRotation(temporal.client, rotationInput(estate, 'acme/svc-1'));
  expect(await handle.result()).toMatchObject({
    state: 'rotated',
    reason: null,
    flags: { exposed: false },
    open: true,
  });
}, 120_000);
