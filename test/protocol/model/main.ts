/**
 * Plays random schedules on every core: `npm run model -- --runs N --seed S`, or `--path P` of a failure that was told
 * before. The last line is `N passed, N failed`: schedules in which every invariant held, and what did not.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { added, type Counts } from './coverage.js';
import { type Exploration, type Explored, explore } from './explore.js';
import { cells, ways } from './ways.js';

/** Enough that every way through the protocol is gone. */
const wholeRuns = 20_000;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: String(wholeRuns) },
    seed: { type: 'string', default: '20261125' },
    path: { type: 'string' },
    counts: { type: 'boolean', default: false },
  },
});

if (process.send === undefined) await playAll(Number(values.runs), Number(values.seed));
else process.once('message', (asked: Exploration) => void answer(asked));

async function answer(asked: Exploration): Promise<void> {
  const explored = await explore(asked);
  process.send?.(explored, () => process.disconnect());
}

async function playAll(runs: number, seed: number): Promise<void> {
  const shards = values.path === undefined ? Math.min(availableParallelism(), runs) : 1;
  const startedAt = Date.now();
  const explored = await Promise.all(
    Array.from({ length: shards }, (_, shard) =>
      inProcess({
        seed: seed + shard,
        runs: Math.floor(runs / shards) + (shard < runs % shards ? 1 : 0),
        ...(values.path === undefined ? {} : { path: values.path }),
      }),
    ),
  );
  const ran = explored.reduce((sum, one) => sum + one.ran, 0);
  const counts = explored.map((one) => one.counts).reduce(added);
  const problems = explored.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  const unseen = runs >= wholeRuns && problems.length === 0 ? neverSeen(counts) : [];
  for (const problem of problems) console.log(problem);
  for (const way of unseen) console.log(`never seen: ${way}`);
  if (values.counts) console.log(JSON.stringify(counts, null, 2));
  const seconds = Math.round((Date.now() - startedAt) / 1_000);
  console.log(`${ran} random schedules from seed ${seed}, in ${shards} processes, in ${seconds} s`);
  const failed = problems.length + unseen.length;
  console.log(`${ran - problems.length} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function inProcess(asked: Exploration): Promise<Explored> {
  const child = fork(fileURLToPath(import.meta.url));
  child.send(asked);
  return new Promise((resolve) => {
    const died = { problem: `the process with seed ${asked.seed} died`, ran: 0, counts: { exits: {}, cells: {} } };
    child.once('message', (explored: Explored) => resolve(explored));
    child.once('exit', () => resolve(died));
  });
}

function neverSeen(counts: Counts): readonly string[] {
  const exits = Object.entries(ways).flatMap(([phase, tos]) => tos.map((to) => `${phase} → ${to}`));
  return [
    ...exits.filter((exit) => counts.exits[exit] === undefined),
    ...cells.filter((cell) => counts.cells[cell] === undefined).map((cell) => `new × old ${cell}`),
  ];
}
