import { DriverError, type Effect, type ErrorCode } from '../../src/model/errors.js';
import type { FailurePolicy } from '../../src/model/policy.js';
import { begin } from '../../src/protocol/state.js';
import { Secret } from '../../src/secret/secret.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { joinUpdate, progressQuery } from '../../src/workflows/messages.js';
import { gateAt, loseAnswer } from '../workflows/gate.js';
import type { MemoryBench, MemoryBenchOptions } from '../workflows/memoryBench.js';
import { rotationInput } from '../workflows/rotationInput.js';
import { startRotation, type TemporalBench } from '../workflows/temporalBench.js';
import { incidents, looks } from './incidents.js';

/** One way through a workflow, with vault, devices and namespace of its own. */
export interface Scenario {
  readonly bench?: MemoryBenchOptions;
  /** Returns when all has ended. */
  play(bench: MemoryBench, temporal: TemporalBench): Promise<void>;
}

const first = 'dev-1-a';
const second = 'dev-1-b';

/** Exits that differ in what the workflow does, and each end state. */
const rotations: Readonly<Record<string, Scenario>> = {
  rotated: { play: (bench, temporal) => ended(bench, temporal) },

  cancelled: { play: (bench, temporal) => heldAt(bench, temporal, second, (handle) => handle.cancel()) },

  joined: {
    play: (bench, temporal) =>
      heldAt(bench, temporal, first, (handle) =>
        handle.executeUpdate(joinUpdate, { args: [{ policy: 'forward', cleanAfter: Date.now() }] }),
      ),
  },

  parked: {
    async play(bench, temporal) {
      const straggler = bench.device(second);
      straggler.reachable = false;
      const handle = await start(bench, temporal);
      const parked = async () => ((await handle.query(progressQuery)).parked === null ? undefined : true);
      await waitUntil(parked, { what: 'the parking of a rotation', timeoutMs: 20_000 });
      straggler.reachable = true;
      await handle.result();
    },
  },

  lostReply: {
    async play(bench, temporal) {
      loseAnswer(bench, 'change', first, failure('Timeout', 'unknown'));
      await ended(bench, temporal);
    },
  },

  manyTargets: { bench: { targetsEach: 12 }, play: (bench, temporal) => ended(bench, temporal) },

  untouched: {
    async play(bench, temporal) {
      for (const id of [first, second]) bench.device(id).reachable = false;
      await ended(bench, temporal);
    },
  },

  replaced: {
    bench: { timing: { stragglerMs: 1_000 } },
    async play(bench, temporal) {
      bench.device(second).reachable = false;
      await ended(bench, temporal, 'forward');
    },
  },

  disabled: {
    async play(bench, temporal) {
      refuse(bench, 'change', second);
      await ended(bench, temporal, 'disable');
    },
  },

  unverified: {
    bench: { timing: { settleDeadlineMs: 2_000, effectMs: 1_000, stragglerMs: 1_000 } },
    async play(bench, temporal) {
      bench.meddling = {
        async after(verb, target) {
          if (verb === 'change') bench.device(target).reachable = false;
        },
      };
      await ended(bench, temporal, 'forward');
    },
  },

  lost: {
    bench: { timing: { settleDeadlineMs: 2_000, effectMs: 1_000, stragglerMs: 1_000 } },
    async play(bench, temporal) {
      const strange = Secret.of({ password: 'set-by-a-stranger' });
      bench.meddling = {
        async after(verb, target) {
          if (verb === 'change') bench.device(target).setAccount('svc', [strange]);
        },
      };
      await ended(bench, temporal, 'forward');
    },
  },

  bug: {
    async play(bench, temporal) {
      const input = rotationInput(bench.estate, 'acme/svc-1');
      const state = JSON.parse(JSON.stringify({ ...begin(input.order, Date.now()), phase: 'nowhere' }));
      const handle = await startRotation(temporal.client, { ...input, from: { state, startedAt: 1, parked: null } });
      await handle.result().catch(() => undefined);
    },
  },
};

export const scenarios: Readonly<Record<string, Scenario>> = { ...rotations, ...incidents, ...looks };

type Handle = Awaited<ReturnType<typeof start>>;

function start(bench: MemoryBench, temporal: TemporalBench, policy: FailurePolicy = 'restore') {
  return startRotation(temporal.client, rotationInput(bench.estate, 'acme/svc-1', { policy }));
}

async function ended(bench: MemoryBench, temporal: TemporalBench, policy?: FailurePolicy): Promise<void> {
  await (await start(bench, temporal, policy)).result();
}

async function heldAt(
  bench: MemoryBench,
  temporal: TemporalBench,
  target: string,
  say: (handle: Handle) => Promise<unknown>,
): Promise<void> {
  const gate = gateAt(bench, 'before', 'change', target);
  const handle = await start(bench, temporal);
  await gate.reached;
  await say(handle);
  gate.open();
  await handle.result();
}

function refuse(bench: MemoryBench, verb: string, at: string): void {
  bench.meddling = {
    async before(called, target) {
      if (called === verb && target === at) throw failure('Refused', 'none');
    },
  };
}

function failure(code: ErrorCode, effect: Effect): DriverError {
  return new DriverError({ code, effect, driver: 'memory', subject: 'device', message: 'as the scenario has it' });
}
