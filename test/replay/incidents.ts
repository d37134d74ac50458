import type { WorkflowHandle } from '@temporalio/client';
import { waitUntil } from '../../src/servers/waitUntil.js';
import type { IncidentInput, IncidentProgress, IncidentResult } from '../../src/workflows/incidentMessages.js';
import { mainTaskQueue } from '../../src/workflows/taskQueues.js';
import { gateAt } from '../workflows/gate.js';
import { rotationInput } from '../workflows/rotationInput.js';
import { startRotation, type TemporalBench } from '../workflows/temporalBench.js';
import type { Scenario } from './scenarios.js';

/** respondToIncident and rotateWave, to each of their ends. */
export const incidents: Readonly<Record<string, Scenario>> = {
  incidentFinished: {
    bench: { credentials: 3 },
    play: async (_bench, temporal) => void (await (await open(temporal)).result()),
  },

  /** More than a page: the wave begins anew for each. */
  incidentOfManyPages: {
    bench: { credentials: 60, targetsEach: 1 },
    play: async (_bench, temporal) => void (await (await open(temporal)).result()),
  },

  incidentPlanned: {
    bench: { credentials: 2 },
    play: async (_bench, temporal) => void (await (await open(temporal, { dryRun: true })).result()),
  },

  incidentWithoutCredentials: {
    play: async (_bench, temporal) => void (await (await open(temporal, { vendor: 'nobody' })).result()),
  },

  incidentDenied: {
    bench: { credentials: 2 },
    async play(_bench, temporal) {
      const handle = await open(temporal, { approved: false });
      await until(handle, 'awaitingApproval');
      await handle.executeUpdate('deny');
      await handle.result();
    },
  },

  incidentApproved: {
    bench: { credentials: 2 },
    async play(_bench, temporal) {
      const handle = await open(temporal, { approved: false });
      const { plan } = await until(handle, 'awaitingApproval');
      await handle.executeUpdate('approve', { args: [{ planDigest: plan?.digest }] });
      await handle.result();
    },
  },

  incidentPaused: {
    bench: { credentials: 3 },
    async play(bench, temporal) {
      const gate = gateAt(bench, 'before', 'change', 'dev-1-a');
      const handle = await open(temporal);
      await gate.reached;
      await handle.executeUpdate('pause');
      gate.open();
      await handle.executeUpdate('resume');
      await handle.result();
    },
  },

  incidentAborted: {
    bench: { credentials: 3 },
    async play(bench, temporal) {
      const gate = gateAt(bench, 'before', 'change', 'dev-1-a');
      const handle = await open(temporal);
      await gate.reached;
      await handle.executeUpdate('abort');
      gate.open();
      await handle.result();
    },
  },

  incidentHalted: {
    bench: { credentials: 3 },
    async play(bench, temporal) {
      for (const id of ['dev-1-a', 'dev-1-b', 'dev-2-a', 'dev-2-b', 'dev-3-a', 'dev-3-b'])
        bench.device(id).reachable = false;
      const handle = await open(temporal);
      await until(handle, 'halted');
      await handle.executeUpdate('resume');
      await handle.result();
    },
  },

  /** A rotation that is under way already is taken over. */
  incidentJoins: {
    bench: { credentials: 2 },
    async play(bench, temporal) {
      const gate = gateAt(bench, 'before', 'change', 'dev-1-a');
      await startRotation(temporal.client, rotationInput(bench.estate, 'acme/svc-1'));
      await gate.reached;
      const handle = await open(temporal);
      await until(handle, 'running');
      gate.open();
      await handle.result();
    },
  },
};

/** rotateDue, to each of its ends. */
export const looks: Readonly<Record<string, Scenario>> = {
  due: {
    bench: { credentials: 3, everyDays: 30 },
    play: async (_bench, temporal) => void (await (await look(temporal)).result()),
  },

  /** More than a page: the look begins anew for each. */
  dueOfManyPages: {
    bench: { credentials: 23, everyDays: 30, targetsEach: 1 },
    play: async (_bench, temporal) => void (await (await look(temporal)).result()),
  },

  dueHalted: {
    bench: { credentials: 12, everyDays: 30, targetsEach: 1, timing: { settleDeadlineMs: 1_500, effectMs: 1_000 } },
    async play(bench, temporal) {
      bench.meddling = {
        async after(verb, target) {
          if (verb === 'change') bench.device(target).reachable = false;
        },
      };
      await (await look(temporal)).result().catch(() => undefined);
    },
  },
};

type Handle = WorkflowHandle<(input: IncidentInput) => Promise<IncidentResult>>;

function open({ client }: TemporalBench, change: Partial<IncidentInput> = {}): Promise<Handle> {
  const input: IncidentInput = {
    vendor: 'acme',
    key: 'replay',
    reason: 'replay',
    policy: 'forward',
    dryRun: false,
    approved: true,
    opening: null,
    ...change,
  };
  const workflowId = `incident/${input.vendor}/replay`;
  return client.workflow.start('respondToIncident', { workflowId, taskQueue: mainTaskQueue, args: [input] });
}

function until(handle: Handle, state: IncidentProgress['state']): Promise<IncidentProgress> {
  const look = async () => {
    const progress = await handle.query<IncidentProgress, []>('incident');
    return progress.state === state ? progress : undefined;
  };
  return waitUntil(look, { what: `an incident that is ${state}`, timeoutMs: 60_000 });
}

function look({ client }: TemporalBench): Promise<WorkflowHandle> {
  const args = [{ vendor: 'acme', everyDays: 30, from: null }];
  return client.workflow.start('rotateDue', { workflowId: 'due/acme/replay', taskQueue: mainTaskQueue, args });
}
