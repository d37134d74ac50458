import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LoginAttempt {
  /** `ip:port`. */
  readonly address: string;
  readonly user: string;
  /** One of the two: a password, or a private key in OpenSSH's format. */
  readonly password?: string;
  readonly privateKey?: string;
}

export type LoginAnswer = 'accepted' | 'refused' | 'unknown';

/**
 * One login with the stock OpenSSH client, as an attacker would try it: none of relock's code is used. `accepted`: the
 * server authenticated this very password or key (even when it then refuses a shell); `refused`: it said no.
 */
export async function tryLogin(attempt: LoginAttempt): Promise<LoginAnswer> {
  const folder = await mkdtemp(join(tmpdir(), 'relock-login-'));
  try {
    return await loginFrom(folder, attempt);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function loginFrom(folder: string, attempt: LoginAttempt): Promise<LoginAnswer> {
  const askpass = join(folder, 'askpass');
  await writeFile(askpass, '#!/bin/sh\nprintf "%s\\n" "$HARNESS_ANSWER"\n', { mode: 0o700 });
  const identity = join(folder, 'identity');
  if (attempt.privateKey !== undefined) await writeFile(identity, attempt.privateKey, { mode: 0o600 });
  const said = await runSsh(clientArguments(attempt, identity), {
    PATH: process.env.PATH,
    SSH_ASKPASS: askpass,
    SSH_ASKPASS_REQUIRE: 'force',
    HARNESS_ANSWER: attempt.password ?? '',
  });
  if (/^Authenticated to /m.test(said)) return 'accepted';
  return /Permission denied/.test(said) ? 'refused' : 'unknown';
}

function clientArguments({ address, user, privateKey }: LoginAttempt, identity: string): string[] {
  const [ip = '', port = ''] = address.split(':');
  const method =
    privateKey === undefined
      ? { PreferredAuthentications: 'password', PubkeyAuthentication: 'no', NumberOfPasswordPrompts: '1' }
      : { PreferredAuthentications: 'publickey', IdentitiesOnly: 'yes', IdentityFile: identity };
  const options = {
    ...method,
    StrictHostKeyChecking: 'no',
    UserKnownHostsFile: '/dev/null',
    IdentityAgent: 'none',
    ConnectTimeout: '10',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return ['-F', 'none', '-v', '-T', ...flags, '-p', port, '-l', user, ip, 'true'];
}

/** What the client printed; it ends by itself, or after 20 s. */
function runSsh(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('ssh', args, { env, timeout: 20_000 }, (error, _stdout, stderr) => {
      if (error?.code === 'ENOENT') reject(new Error('the OpenSSH client is missing: install openssh-client'));
      else resolve(stderr);
    });
    child.stdin?.end();
  });
}
