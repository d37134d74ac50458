import { randomUUID } from 'node:crypto';
import type { SshHost, SshHostOptions } from '../../../harness/sshHost.js';
import type { Fields, Line } from '../../estate.js';
import { type Mishaps, mishaps } from '../mishaps.js';

export const account = 'itron-svc';

export interface Fleet {
  readonly first: SshHost;
  at(target: string): SshHost;
  /** A reboot and a halt of the first host, and more. */
  mishaps(more: Parameters<typeof mishaps>[0]): Mishaps;
  stop(): Promise<void>;
}

export function fleetOf(hosts: readonly SshHost[]): Fleet {
  const at = (target: string) => {
    const host = hosts.find((_, index) => idOf(index) === target);
    if (host === undefined) throw new Error(`there is no ${target}`);
    return host;
  };
  const first = at('target');
  return {
    first,
    at,
    mishaps: (more) => mishaps({ ...powerOf(first), ...more }),
    stop: async () => {
      await Promise.all(hosts.map((host) => host.stop()));
    },
  };
}

function idOf(index: number): string {
  return index === 0 ? 'target' : `target-${index + 1}`;
}

function powerOf(host: SshHost) {
  // Every process ends, whoever's it is: as when the power fails. The init of the host is what it does not reach.
  const halt = () => host.run('kill -KILL -1');
  return {
    'reboot target': async () => {
      await halt();
      await host.startDaemon();
      return async () => undefined;
    },
    'stop target': async () => {
      await halt();
      return () => host.startDaemon();
    },
  };
}

/** Entries in relock.yaml. The time after which nothing that was sent still happens is short: nobody else locks /etc/shadow. */
export async function linuxSettings(
  hosts: readonly SshHost[],
  { dropbear }: SshHostOptions,
  through: (line: Line) => Promise<string>,
  more: object = {},
): Promise<Readonly<Record<string, object>>> {
  const entries = hosts.map(async ({ ip, port, hostKey }, index) => {
    const address = await through({ id: idOf(index), speaks: 'bytes', host: ip, port });
    const server = dropbear === true ? 'dropbear' : 'openssh';
    return [idOf(index), { type: 'linux', address, hostKey, server, settleMs: 1500, ...more }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** root, with one password on all of them. */
export async function managementOf(hosts: readonly SshHost[]): Promise<{ account: string; fields: Fields }> {
  const fields = { username: 'root', password: `Root-${randomUUID()}` };
  for (const host of hosts) await host.setPassword('root', fields.password);
  return { account: 'root', fields };
}
