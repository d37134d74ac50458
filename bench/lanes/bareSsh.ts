import { once } from 'node:events';
import { connect } from 'node:net';
import pLimit, { type LimitFunction } from 'p-limit';
import ssh2, { type Client } from 'ssh2';
import type { SshHost } from '../../test/harness/sshHost.js';
import { type Account, type Fleet, newPassword } from '../fleet.js';
import { cpuSeconds } from '../measure/cpu.js';
import { ascending, type Lane } from '../measure/lane.js';

export interface Shape {
  readonly inFlight: number;
  readonly connectionsPerHost: number;
}

/** The limit: the logins that a rotation needs, by ssh2 alone. No vault, no record, nobody to carry on after a crash. */
export async function bareSsh(fleet: Fleet, { inFlight, connectionsPerHost }: Shape): Promise<Lane> {
  const olds = await fleet.reset();
  const doors = new Map(fleet.hosts.map((host) => [host, pLimit(connectionsPerHost)]));
  const limit = pLimit(inFlight);
  const used = usage(fleet);
  const startedAt = performance.now();
  const refusedAfter = await Promise.all(
    fleet.accounts.map((account) =>
      limit(async () => {
        const door = doors.get(account.host);
        if (door === undefined) throw new Error(`${account.name} is on no host`);
        const refusedAt = await rotate(account, olds.get(account.name) ?? '', fleet.management, door);
        return (refusedAt - startedAt) / 1000;
      }),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = used();
  return {
    name: 'bare ssh2',
    credentials: fleet.accounts.length,
    seconds,
    refusedAfter: ascending(refusedAfter),
    deadFor: null,
    cpu,
  };
}

function usage({ hosts }: Fleet): () => Record<string, number> {
  const look = () => ({ 'this loop': cpuSecondsOfSelf(), sshd: cpuSeconds(hosts.map(({ pid }) => pid)) });
  const before = look();
  return () => {
    const after = look();
    return { 'this loop': after['this loop'] - before['this loop'], sshd: after.sshd - before.sshd };
  };
}

function cpuSecondsOfSelf(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Gives the moment at which the old password was refused. */
async function rotate({ name, host }: Account, old: string, root: string, door: LimitFunction): Promise<number> {
  const next = newPassword();
  const expect = async (password: string, accepted: boolean) => {
    if ((await door(() => logIn(host, name, password))) !== accepted)
      throw new Error(`${name}: a login was ${accepted ? 'refused' : 'accepted'}`);
  };
  await expect(old, true);
  await door(() => logIn(host, 'root', root, { command: 'chpasswd', input: `${name}:${next}\n` }));
  await expect(next, true);
  await door(() => logIn(host, 'root', root, { command: `pkill -KILL -u ${name}; true`, input: '' }));
  await expect(old, false);
  const refusedAt = performance.now();
  await expect(next, true);
  return refusedAt;
}

interface Work {
  readonly command: string;
  readonly input: string;
}

/** Whether the server let us in; what is to be done there is done before the connection ends. */
async function logIn(host: SshHost, username: string, password: string, work?: Work): Promise<boolean> {
  const client = new ssh2.Client();
  const sock = connect({ host: host.ip, port: host.port, noDelay: true });
  const closed = once(sock, 'close');
  const accepted = new Promise<boolean>((resolve) => {
    client.once('ready', () => resolve(true));
    client.once('error', () => resolve(false));
  });
  client.connect({ sock, username, password, authHandler: ['password'], readyTimeout: 60_000 });
  const isIn = await accepted;
  if (work !== undefined) await exec(client, work);
  client.end();
  await closed;
  return isIn;
}

function exec(client: Client, { command, input }: Work): Promise<void> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error !== undefined) return reject(error);
      channel.once('exit', (code: number | null) => {
        if (code === 0) resolve();
        else reject(new Error(`${command} ended with ${code}`));
      });
      channel.resume().end(input);
    });
  });
}
