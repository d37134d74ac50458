import { cpuSeconds, peakMemoryMb } from '../measure/cpu.js';
import type { Lane } from '../measure/lane.js';
import { commonYaml, type RelockServers, type RelockWorker, startRelockWorker } from '../relockServers.js';
import { lookBack, rotateAll } from '../rotateAll.js';

export interface RelockLane extends Lane {
  readonly eventsEach: number;
  readonly bytesEach: number;
  /** How many did not end as `rotated`; they do not count. */
  readonly otherwise: number;
  /** Highest so far, of the worker. */
  readonly workerMb: number;
}

/** Accounts on real servers, as relock.yaml has them. */
export interface Grounds {
  /** Of accounts; `bench/<name>` is the credential's id and path. */
  readonly names: readonly string[];
  /** Targets and credentials. */
  readonly yaml: readonly string[];
  /** Password of the login that changes the others. */
  readonly management: string;
  /** What serves them, by what it is. */
  readonly processes: Readonly<Record<string, readonly number[]>>;
  /** Gives every account a new password, and tells them by account. */
  reset(): Promise<ReadonlyMap<string, string>>;
}

/** relock over some accounts: its worker, Temporal, and OpenBao with audit. */
export class RelockOn {
  readonly #servers: RelockServers;
  readonly #grounds: Grounds;
  readonly #worker: RelockWorker;
  #runs = 0;

  private constructor(servers: RelockServers, grounds: Grounds, worker: RelockWorker) {
    this.#servers = servers;
    this.#grounds = grounds;
    this.#worker = worker;
  }

  static async start(servers: RelockServers, grounds: Grounds): Promise<RelockOn> {
    await servers.bao.request('POST', 'secret/data/mgmt', { data: { password: grounds.management } });
    const worker = await startRelockWorker(servers, [...commonYaml(servers), ...grounds.yaml]);
    return new RelockOn(servers, grounds, worker);
  }

  async run(inFlight: number): Promise<RelockLane> {
    await this.#store(await this.#grounds.reset());
    this.#runs += 1;
    const before = this.#used();
    const ids = this.#grounds.names.map((name) => `bench/${name}`);
    const options = { inFlight, attempt: this.#runs };
    const { client } = this.#servers;
    const rotated = await rotateAll(client, this.#worker.estate, ids, options);
    const after = this.#used();
    const cpu = Object.fromEntries(
      Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]),
    );
    const workerMb = peakMemoryMb(this.#worker.process.pid);
    const { seconds, otherwise } = rotated;
    const credentials = ids.length - otherwise;
    return {
      name: 'relock',
      credentials,
      otherwise,
      seconds,
      ...(await lookBack(this.#worker.estate.artifacts, rotated)),
      cpu,
      workerMb,
    };
  }

  stop(): Promise<void> {
    return this.#worker.process.stop();
  }

  #used(): Readonly<Record<string, number>> {
    const worker = cpuSeconds([this.#worker.process.pid]);
    const temporal = cpuSeconds([this.#servers.temporal.pid]);
    const served = Object.entries(this.#grounds.processes).map(([name, pids]) => [name, cpuSeconds(pids)] as const);
    const known = served.reduce((sum, [, seconds]) => sum + seconds, worker + temporal);
    const rest = cpuSeconds([process.pid]) - known;
    return { worker, temporal, ...Object.fromEntries(served), 'OpenBao and client': rest };
  }

  /** Each turn is a first rotation: what an earlier one left in relock's own document would be one more secret to prove dead. */
  async #store(passwords: ReadonlyMap<string, string>): Promise<void> {
    const { bao } = this.#servers;
    for (const [username, password] of passwords) {
      await bao.request('POST', `secret/data/bench/${username}`, { data: { username, password } });
      await bao.request('DELETE', `secret/metadata/relock/bench/${username}`);
    }
  }
}
