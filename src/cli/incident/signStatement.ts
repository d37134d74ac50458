import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AllowedSigner } from '../../approval/allowedSigners.js';
import { ApprovalRefused } from '../../approval/bytes.js';
import { mayDo, type Namespace, signerOf } from '../../approval/signed.js';
import { messageOf } from '../../approval/statement.js';
import type { Opening, Signed, Statement } from '../../model/approval.js';
import { childEnvironment } from '../../servers/childEnvironment.js';
import type { CommandContext } from '../command.js';
import { UsageError } from '../failures.js';

export interface HowToSign {
  readonly namespace: Namespace;
  /** A private key, or a public one whose private key ssh-agent holds; without it, ssh-agent is asked. */
  readonly keyFile: string | undefined;
  /** How the key file is named on this command's line. */
  readonly option: '--key' | '--as';
}

/** Signs by `ssh-keygen`, which asks for a passphrase itself. Throws `UsageError` when the key would not count. */
export async function signStatement<Said extends Statement | Opening>(
  statement: Said,
  how: HowToSign,
  signers: readonly AllowedSigner[],
  context: CommandContext,
): Promise<Signed<Said>> {
  const message = messageOf(statement);
  const signature = await withKeyFile(how, signers, context, (file) =>
    run('ssh-keygen', ['-q', '-Y', 'sign', '-n', how.namespace, '-f', file], context, message),
  );
  if (signature === null)
    throw new UsageError(
      `ssh-keygen did not sign with ${how.keyFile ?? 'the key in ssh-agent'}; nothing was sent. It must be an ed25519 key that this user can use: ${how.option} FILE, or one in ssh-agent`,
    );
  try {
    signerOf(signers, { namespace: how.namespace, message, signature, now: context.now() });
  } catch (error) {
    if (error instanceof ApprovalRefused)
      throw new UsageError(`this key does not count: ${error.message}; nothing was sent`);
    throw error;
  }
  return { statement, signature };
}

async function withKeyFile<Result>(
  { namespace, keyFile, option }: HowToSign,
  signers: readonly AllowedSigner[],
  context: CommandContext,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  if (keyFile !== undefined) return use(keyFile);
  const held = await agentKeys(context);
  const able = signers.filter((signer) => mayDo(signer, namespace) && held.includes(signer.key.blob));
  const [only] = able;
  if (only === undefined || able.length > 1)
    throw new UsageError(
      `ssh-agent holds ${able.length} keys that may sign for ${namespace}, expected one; nothing was touched. Name it: ${option} FILE (a private key, or the .pub file of one in ssh-agent)`,
    );
  const folder = await mkdtemp(join(tmpdir(), 'relock-key-'));
  try {
    const file = join(folder, 'key.pub');
    await writeFile(file, `ssh-ed25519 ${only.key.blob}\n`);
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Public keys, as in `.pub` files. */
async function agentKeys(context: CommandContext): Promise<readonly string[]> {
  const listed = (await run('ssh-add', ['-L'], context)) ?? '';
  return listed.split('\n').map((line) => line.split(' ')[1] ?? '');
}

/** What the program wrote; null when it failed. What it has to say goes to the person, except where it says it itself. */
function run(
  program: string,
  args: readonly string[],
  { environment, signal }: CommandContext,
  input?: Uint8Array,
): Promise<string | null> {
  return new Promise((resolve) => {
    const stderr = program === 'ssh-keygen' ? 'inherit' : 'ignore';
    const env = childEnvironment(environment);
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', stderr], env, signal });
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    child.once('error', () => resolve(null));
    child.once('close', (code) => resolve(code === 0 ? text : null));
    child.stdin?.on('error', () => undefined).end(input);
  });
}
