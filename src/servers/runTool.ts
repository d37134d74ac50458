import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);
const longestLine = 160;

export interface ToolOptions {
  readonly timeoutMs: number;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs a tool to its end. Throws an Error whose message is one line: what the tool said last, or why it did not run.
 */
export async function runTool(tool: string, args: readonly string[], options: ToolOptions): Promise<string> {
  try {
    const { timeoutMs, env = process.env } = options;
    const { stdout } = await execFileAsync(tool, args, { timeout: timeoutMs, env, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    throw new Error(`${tool} failed: ${lastWords(error)}`);
  }
}

function lastWords(error: unknown): string {
  if (!(error instanceof Error)) return 'for an unknown reason';
  if ('code' in error && error.code === 'ENOENT') return 'it is not installed';
  if ('killed' in error && error.killed === true) return 'it took too long';
  const stderr = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : '';
  const line = (stderr.trim() || error.message).split('\n').at(-1) ?? '';
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
}
