import { createConnection, type Socket } from 'node:net';
import { findProgram } from '../../src/servers/findServer.js';
import { freePort } from '../../src/servers/freePort.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { say } from './say.js';
import { type SshHost, startSshHost } from './sshHost.js';
import type { LoginAnswer } from './sshLogin.js';

export interface FrrOptions {
  /** Of the telnet VTY, at the start, saved. */
  readonly vtyPassword: string;
  readonly enablePassword: string;
  /** Who may log in over SSH; `vtysh` is the shell. */
  readonly login: { readonly name: string; readonly password: string };
}

export interface FrrRouter {
  /** The host that it runs on; `host.address` and `host.hostKey` are those of the CLI over SSH. */
  readonly host: SshHost;
  /** `ip:port` of ripd's telnet VTY, where FRR enforces `password` and `enable password`. */
  readonly vtyAddress: string;
  /** /etc/frr/frr.conf: what survives a restart. */
  startupConfig(): Promise<string>;
  /** From now on `write memory` fails: the file system is read-only. */
  refuseSaves(): Promise<void>;
  allowSaves(): Promise<void>;
  /** All of FRR ends and starts again from the startup configuration; unsaved changes are lost. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * FRR as Debian runs it (zebra, ripd, watchfrr), with its CLI `vtysh` as the login shell under a real sshd. zebra has a
 * network of its own, so that no route of this machine is touched.
 */
export async function startFrr(options: FrrOptions): Promise<FrrRouter> {
  const ripd = await findProgram('frr', say);
  const host = await startSshHost();
  const vtyPort = await freePort(host.ip);
  try {
    await host.addUser({ ...options.login, shell: '/usr/bin/vtysh', groups: ['frr', 'frrvty'] });
    await host.writeFile('/etc/frr/frr.conf', firstConfig(host.name, options));
    await host.exec('chown frr:frr /etc/frr/frr.conf && chmod 640 /etc/frr/frr.conf');
    await startDaemons(host, ripd, vtyPort);
  } catch (error) {
    await host.stop();
    throw error;
  }
  return {
    host,
    vtyAddress: `${host.ip}:${vtyPort}`,
    startupConfig: () => host.readFile('/etc/frr/frr.conf'),
    refuseSaves: async () => {
      await host.exec('mount --bind /etc/frr /etc/frr && mount -o remount,bind,ro /etc/frr');
    },
    allowSaves: async () => {
      await host.exec('umount /etc/frr');
    },
    restart: async () => {
      await host.run('pkill -KILL -x "watchfrr|ripd|zebra"; while pgrep -x "watchfrr|ripd|zebra"; do sleep 0.01; done');
      await startDaemons(host, ripd, vtyPort);
    },
    stop: host.stop,
  };
}

function firstConfig(hostname: string, { vtyPassword, enablePassword }: FrrOptions): string {
  const lines = [`hostname ${hostname}`, `password ${vtyPassword}`, `enable password ${enablePassword}`];
  return `${[...lines, 'service password-encryption', '!'].join('\n')}\n`;
}

async function startDaemons(host: SshHost, ripd: string, vtyPort: number): Promise<void> {
  const folder = ripd.slice(0, ripd.lastIndexOf('/'));
  // watchfrr only watches and writes the configuration here: it must not start daemons by itself.
  const idle = "-s '/bin/true %s' -r '/bin/true %s' -k '/bin/true %s'";
  await host.exec(`
    set -e
    mkdir -p /run/frr /var/log/frr && chown frr:frrvty /run/frr && chown frr:frr /var/log/frr
    unshare --net ${folder}/zebra -d -A 127.0.0.1 -u frr -g frr
    ${ripd} -d -A ${host.ip} -P ${vtyPort} -u frr -g frr
    ${folder}/watchfrr -d -F traditional -i 1 ${idle} zebra ripd
  `);
  const up = async () => {
    const { stdout } = await host.run("vtysh -c 'show watchfrr'");
    return (stdout.match(/(zebra|ripd) +Up$/gm) ?? []).length === 2 || undefined;
  };
  await waitUntil(up, { what: 'the start of FRR', timeoutMs: 15_000 });
  await host.exec('vtysh -b');
}

export interface VtyAttempt {
  /** `ip:port` of the telnet VTY. */
  readonly address: string;
  readonly password: string;
  /** Tried after `password` was accepted; the answer is then about this one. */
  readonly enablePassword?: string;
}

/** One login at FRR's telnet VTY, with none of relock's code. */
export async function tryVty(attempt: VtyAttempt): Promise<LoginAnswer> {
  const [host = '', port = ''] = attempt.address.split(':');
  const socket = createConnection({ host, port: Number(port) });
  try {
    const vty = dialogue(socket);
    if ((await vty.until(/Password: $/)) === undefined) return 'unknown';
    const login = await answerTo(vty, attempt.password, />\s$/);
    if (login !== 'accepted' || attempt.enablePassword === undefined) return login;
    vty.send('enable');
    if ((await vty.until(/Password: $/)) === undefined) return 'unknown';
    return await answerTo(vty, attempt.enablePassword, /#\s$/);
  } finally {
    socket.destroy();
  }
}

async function answerTo(vty: Dialogue, password: string, prompt: RegExp): Promise<LoginAnswer> {
  vty.send(password);
  const said = await vty.until(new RegExp(`${prompt.source}|Password: $|refused|Bad|fail`));
  if (said === undefined) return 'unknown';
  return prompt.test(said) ? 'accepted' : 'refused';
}

interface Dialogue {
  send(line: string): void;
  /** What was said since the last line sent, once it matches; `undefined` when it does not in time. */
  until(pattern: RegExp): Promise<string | undefined>;
}

function dialogue(socket: Socket): Dialogue {
  let heard = '';
  socket
    .on('error', () => undefined)
    .on('data', (bytes) => {
      heard += bytes.toString('latin1');
    });
  return {
    send(line) {
      heard = '';
      socket.write(`${line}\r\n`);
    },
    until: (pattern) =>
      waitUntil(async () => (pattern.test(heard) ? heard : undefined), {
        what: 'the answer of the VTY',
        timeoutMs: 5_000,
        intervalMs: 5,
      }).catch(() => undefined),
  };
}
