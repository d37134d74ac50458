import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ownTemporal } from '../../test/workflows/ownTemporal.js';

const mark = z.object({
  rotations: z.number(),
  /** Since the start. */
  perSecond: z.number(),
  /** Processor milliseconds of the worker for each rotation so far. */
  workerMsEach: z.number(),
  /** Highest resident memory of the worker so far, in MiB. */
  peakMb: z.number(),
});
export type Mark = z.output<typeof mark>;

const program = fileURLToPath(new URL('../programs/weightless.ts', import.meta.url));

/** Rotations whose vault and devices weigh nothing, in one process of its own; what it says at each mark. */
export async function weightless(marks: readonly number[], inFlight: number): Promise<readonly Mark[]> {
  const server = await ownTemporal();
  try {
    const total = Math.max(...marks);
    const args = [program, server.address, `${total}`, marks.join(','), `${inFlight}`];
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const said: Mark[] = [];
    for await (const line of createInterface({ input: child.stdout })) said.push(mark.parse(JSON.parse(line)));
    const [code] = await ended;
    if (code !== 0) throw new Error(`the worker of the weightless rotations ended with ${code}`);
    return said;
  } finally {
    await server.stop();
  }
}
