import type { Account, Fleet } from '../fleet.js';
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

/** relock over one fleet: its worker, Temporal, and OpenBao with audit. */
export class RelockOnFleet {
  readonly #servers: RelockServers;
  readonly #fleet: Fleet;
  readonly #worker: RelockWorker;
  #runs = 0;

  private constructor(servers: RelockServers, fleet: Fleet, worker: RelockWorker) {
    this.#servers = servers;
    this.#fleet = fleet;
    this.#worker = worker;
  }

  static async start(servers: RelockServers, fleet: Fleet): Promise<RelockOnFleet> {
    await servers.bao.request('POST', 'secret/data/mgmt', { data: { password: fleet.rootPassword } });
    const worker = await startRelockWorker(servers, [...commonYaml(servers), ...fleetYaml(fleet)]);
    return new RelockOnFleet(servers, fleet, worker);
  }

  async run(inFlight: number): Promise<RelockLane> {
    await this.#store(await this.#fleet.reset());
    this.#runs += 1;
    const before = this.#used();
    const ids = this.#fleet.accounts.map(credentialId);
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
    const sshd = cpuSeconds(this.#fleet.hosts.map(({ pid }) => pid));
    const all = cpuSeconds([process.pid]);
    return { worker, temporal, sshd, 'OpenBao and client': all - worker - temporal - sshd };
  }

  async #store(passwords: ReadonlyMap<string, string>): Promise<void> {
    for (const [username, password] of passwords)
      await this.#servers.bao.request('POST', `secret/data/bench/${username}`, { data: { username, password } });
  }
}

function credentialId({ name }: Account): string {
  return `bench/${name}`;
}

function fleetYaml({ hosts, accounts }: Fleet): readonly string[] {
  return [
    'targets:',
    ...hosts.map(
      ({ address, hostKey }, index) =>
        `  host-${index}: { type: linux, address: "${address}", hostKey: "${hostKey}", management: { account: root, secret: "primary:mgmt" } }`,
    ),
    'credentials:',
    ...accounts.map(
      ({ name, host }) =>
        `  - { id: bench/${name}, vendor: bench, kind: password, account: ${name}, targets: [host-${hosts.indexOf(host)}], copies: ["primary:bench/${name}"] }`,
    ),
  ];
}
