import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { follow } from '../../../src/cli/rotation/follow.js';
import { startRotation } from '../../../src/cli/rotation/startRotation.js';
import { type ConnectedClient, connectClient, temporalAt } from '../../../src/client.js';
import { encryptingConverter } from '../../../src/codec/dataConverter.js';
import { makeKeyFile, readKeyFile } from '../../../src/codec/keyFile.js';
import type { Estate } from '../../../src/config/estate.js';
import { loadEstate } from '../../../src/config/loadEstate.js';
import { evidenceSchema } from '../../../src/evidence/schema.js';
import { evidencePrefix } from '../../../src/model/artifactKeys.js';
import type { PhaseEvidence } from '../../../src/model/evidence.js';
import type { RotationOrder } from '../../../src/model/plan.js';
import { plainIds } from '../../../src/model/workflowIds.js';
import { canonical, rotationToken } from '../../../src/planning/digest.js';
import { planRotation } from '../../../src/planning/planRotation.js';
import { type RotationResult, rotationWorkflowId } from '../../../src/workflows/messages.js';
import type { CampaignPolicy } from '../cases/cases.js';
import type { FaultEstate } from '../estate.js';

/** How a run ended, or that it did not. */
export type RunEnd =
  | { readonly kind: 'ended'; readonly result: RotationResult }
  /** The workflow failed. */
  | { readonly kind: 'broken' }
  /** `relock recover` stopped: it would have to wait long. */
  | { readonly kind: 'stopped'; readonly waitsFor: string }
  | { readonly kind: 'endless'; readonly waitsFor: string };

const longestRunMs = 150_000;
/** Questions to a workflow end by themselves after this long. */
const questionMs = 3_000;

/** Rotations of one estate's credential, started and watched as the command line does it. */
export class Rotations {
  readonly #connected: ConnectedClient;
  readonly #estate: Estate;
  readonly #credential: string;

  private constructor(connected: ConnectedClient, estate: Estate, credential: string) {
    this.#connected = connected;
    this.#estate = estate;
    this.#credential = credential;
  }

  /** Makes the key ring that workers and clients share. */
  static async connect({ folder, environment, credential }: FaultEstate, address: string): Promise<Rotations> {
    const keyFile = join(folder, '.relock', 'codec.keys');
    makeKeyFile(keyFile, Date.now());
    const ring = readKeyFile(keyFile);
    if (ring === 'missing') throw new Error(`${keyFile} was not made`);
    const loaded = loadEstate(join(folder, 'relock.yaml'), { environment, now: Date.now });
    if ('problems' in loaded) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
    const connected = await connectClient(temporalAt(address), encryptingConverter(ring));
    return new Rotations(connected, loaded.estate, credential);
  }

  get #client(): Client {
    return this.#connected.client;
  }

  get #handle() {
    return this.#client.workflow.getHandle(rotationWorkflowId(this.#credential));
  }

  async start(policy: CampaignPolicy): Promise<void> {
    await startRotation(this.#client, this.#order(policy), 'the fault campaign');
  }

  #order(policy: CampaignPolicy): RotationOrder {
    const entry = this.#estate.credentials.get(this.#credential);
    if (entry === undefined) throw new Error(`relock.yaml has no ${this.#credential}`);
    const { plan, findings } = planRotation(this.#estate, entry, policy, plainIds);
    if (findings.length > 0) throw new Error(findings.join('; '));
    return { plan, policy, token: rotationToken(entry.id, `${canonical(plan).digest} ${randomUUID()}`, 1) };
  }

  /** When a rotation that has ended was in which phase, as its evidence has it. */
  async phases({ token }: RotationResult): Promise<readonly PhaseEvidence[]> {
    const context = { signal: new AbortController().signal, deadline: Date.now() + longestRunMs };
    const { artifacts } = this.#estate;
    const [key = ''] = await artifacts.list(evidencePrefix({ credential: this.#credential, token }), context);
    return evidenceSchema.parse(JSON.parse(Buffer.from(await artifacts.get(key, context)).toString('utf8'))).phases;
  }

  cancel(): Promise<unknown> {
    return this.#handle.cancel();
  }

  async end(): Promise<RunEnd> {
    const deadline = Date.now() + longestRunMs;
    const workflowId = rotationWorkflowId(this.#credential);
    const options = { client: this.#client, workflowId, queues: [], note: () => undefined };
    for (let waitsFor = 'something unknown'; ; ) {
      const left = deadline - Date.now();
      if (left <= 0) return { kind: 'endless', waitsFor };
      const followed = await follow({ ...options, signal: AbortSignal.timeout(left) });
      if (followed.kind === 'ended' || followed.kind === 'broken') return followed;
      if (followed.kind === 'parked') waitsFor = followed.reason;
    }
  }

  /** Workflows of this credential that still run. */
  async running(): Promise<number> {
    try {
      const { status } = await this.#handle.describe();
      return status.name === 'RUNNING' ? 1 : 0;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 0;
      throw error;
    }
  }

  async terminate(): Promise<void> {
    await this.#handle.terminate('the fault campaign waited long enough');
  }

  /** Questions end by their deadline; one that is asked again on a closed connection would end this process. */
  async close(): Promise<void> {
    await delay(questionMs);
    await this.#connected.close();
  }
}

/** In one word: `rotated`, `untouched(unreachable)`, `broken`. */
export function wordFor(end: RunEnd): string {
  if (end.kind !== 'ended') return end.kind;
  const { state, reason } = end.result;
  return reason === null ? state : `${state}(${reason})`;
}
