import { spawn } from 'node:child_process';

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Run {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const longestMs = 20_000;

/** Runs a stock tool to its end, with a small environment of its own. Never throws for what the tool says. */
export function run(tool: string, args: readonly string[], { input = '', env = {} }: Run = {}): Promise<Ran> {
  const child = spawn(tool, args, { env: { PATH: process.env.PATH, ...env }, timeout: longestMs });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  // A tool that reads no input may be gone before it is written.
  child.stdin.on('error', () => undefined).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });
}

/** As `run`; throws unless the tool ends well. Gives its output. */
export async function mustRun(tool: string, args: readonly string[], how: Run = {}): Promise<string> {
  const { code, stdout, stderr } = await run(tool, args, how);
  if (code !== 0) throw new Error(`${tool} ${args[0] ?? ''} ended with ${code}: ${stderr}`);
  return stdout;
}
