import { spawn } from 'node:child_process';
import type { KnownSecret } from '../estate.js';
import type { Violation } from '../report/runReport.js';
import { secretValues } from './knownSecrets.js';

/** Every file below these folders, searched by the stock grep for each secret in each form that it may take. */
export async function leaksIn(
  folders: readonly string[],
  secrets: readonly KnownSecret[],
): Promise<readonly Violation[]> {
  const patterns = secrets.flatMap(secretValues).flatMap(formsOf);
  const found = await grep(folders, patterns);
  return found.map((file) => ({ invariant: 'I3' as const, what: `a secret stands in ${file}` }));
}

/** Plain, as JSON, base64, hex and URL text have it. Of a key, a line that no other key shares. */
function formsOf(value: string): readonly string[] {
  const lines = value.trim().split('\n');
  const text = lines.length > 1 ? (lines.at(-3) ?? '') : value;
  const bytes = Buffer.from(text);
  return [
    ...new Set([
      text,
      JSON.stringify(text).slice(1, -1),
      encodeURIComponent(text),
      ...base64Of(bytes),
      bytes.toString('hex'),
    ]),
  ];
}

/** As it looks inside of anything longer: three ways, by where it begins there. */
function base64Of(bytes: Buffer): readonly string[] {
  const firstOwn = [0, 2, 3];
  return firstOwn.map((from, before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.replace(/=+$/, '').slice(from, -1);
  });
}

/** The files that have one of these texts. The texts go in by standard input, so that no list of processes shows them. */
function grep(folders: readonly string[], texts: readonly string[]): Promise<readonly string[]> {
  const args = ['--recursive', '--text', '--files-with-matches', '--fixed-strings', '--file=-', ...folders];
  const child = spawn('grep', args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.end(texts.join('\n'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0 && code !== 1) reject(new Error(`grep ended with ${code}`));
      else resolve(said.split('\n').filter((line) => line !== ''));
    });
  });
}
