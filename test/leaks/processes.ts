import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Place } from './leakScan.js';

const program = fileURLToPath(new URL('programs/sampleProcesses.ts', import.meta.url));
const sampleSchema = z.object({ pid: z.number(), cmdline: z.string(), environ: z.string() });

/** One look at `/proc/<pid>/cmdline` and `environ`; entries end with a NUL. */
export type ProcessSample = z.infer<typeof sampleSchema>;

/** Looks at every process of this machine until `end`, which gives what was seen. It dies with this process. */
export async function sampleProcesses(): Promise<{ end(): Promise<readonly ProcessSample[]> }> {
  const folder = mkdtempSync(join(tmpdir(), 'relock-processes-'));
  const file = join(folder, 'samples');
  const args = ['--import', import.meta.resolve('tsx'), program, file];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('nothing samples processes'))),
  ]);
  return {
    end: async () => {
      child.stdin.end();
      await ended;
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
      rmSync(folder, { recursive: true, force: true });
      return lines.map((line) => sampleSchema.parse(JSON.parse(line)));
    },
  };
}

/** A variable that a user set for a program, on purpose. It is expected in the environment of that program, and nowhere else. */
export interface ExpectedVariable {
  readonly name: string;
  isExpected(sample: ProcessSample): boolean;
}

/** The same arguments of many processes are one place. */
export function processPlaces(samples: readonly ProcessSample[], expected: ExpectedVariable): readonly Place[] {
  const places = samples.flatMap((sample) => {
    const who = `process ${sample.cmdline.replaceAll('\0', ' ').slice(0, 120)}`;
    return [
      { name: `the arguments of ${who}`, content: Buffer.from(sample.cmdline, 'latin1') },
      { name: `the environment of ${who}`, content: Buffer.from(environmentOf(sample, expected), 'latin1') },
    ];
  });
  return [...new Map(places.map((place) => [`${place.name}\0${place.content}`, place])).values()];
}

function environmentOf(sample: ProcessSample, { name, isExpected }: ExpectedVariable): string {
  if (!isExpected(sample)) return sample.environ;
  const entries = sample.environ.split('\0').filter((entry) => !entry.startsWith(`${name}=`));
  return entries.join('\0');
}
