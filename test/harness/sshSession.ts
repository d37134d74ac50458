import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface StockSession {
  /** A line makes it to the other side and back. */
  alive(): Promise<boolean>;
  close(): Promise<void>;
}

interface SessionLogin {
  /** `ip:port`. */
  readonly address: string;
  readonly user: string;
  readonly password?: string;
  readonly privateKey?: string;
}

/** A session of the stock OpenSSH client that stays open, running `cat`. */
export async function openStockSession(login: SessionLogin): Promise<StockSession> {
  const folder = await mkdtemp(join(tmpdir(), 'relock-session-'));
  const askpass = join(folder, 'askpass');
  const identity = join(folder, 'identity');
  await writeFile(askpass, '#!/bin/sh\nprintf "%s\\n" "$HARNESS_ANSWER"\n', { mode: 0o700 });
  await writeFile(identity, login.privateKey ?? '', { mode: 0o600 });
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'ssh', ...clientArguments(login, identity), 'cat'], {
    env: {
      PATH: process.env.PATH,
      SSH_ASKPASS: askpass,
      SSH_ASKPASS_REQUIRE: 'force',
      HARNESS_ANSWER: login.password ?? '',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin?.on('error', () => undefined);
  const session = {
    alive: () => answers(child),
    close: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
  if (await session.alive()) return session;
  await session.close();
  throw new Error(`no session could be opened for ${login.user}`);
}

function clientArguments({ address, user, privateKey }: SessionLogin, identity: string): string[] {
  const [ip = '', port = ''] = address.split(':');
  const method = privateKey === undefined ? 'password' : 'publickey';
  const options = [
    `PreferredAuthentications=${method}`,
    `IdentityFile=${privateKey === undefined ? '/dev/null' : identity}`,
    'IdentitiesOnly=yes',
    'NumberOfPasswordPrompts=1',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'IdentityAgent=none',
    'ConnectTimeout=10',
  ];
  return ['-F', 'none', '-T', ...options.flatMap((option) => ['-o', option]), '-p', port, '-l', user, ip];
}

function answers(child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (alive: boolean) => {
      child.stdout?.off('data', heard);
      child.off('exit', ended);
      resolve(alive);
    };
    const heard = () => settle(true);
    const ended = () => settle(false);
    child.stdout?.on('data', heard);
    child.on('exit', ended);
    child.stdin?.write('still there\n');
  });
}
