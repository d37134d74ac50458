import { endLines } from '../../../src/cli/rotation/endWords.js';
import type { Case } from '../cases/cases.js';
import type { KnownSecret } from '../estate.js';
import type { Lane } from '../lane/lane.js';
import { type RunEnd, wordFor } from '../lane/rotations.js';
import type { RunReport, Violation } from '../report/runReport.js';
import { type Allowance, judge } from '../verdict/judge.js';
import { leaksIn } from '../verdict/leaks.js';
import { observe } from '../verdict/observe.js';
import { finishByHand } from './finishByHand.js';
import { Strike } from './strike.js';

/** One rotation with one fault, watched to its end, checked, and finished. */
export async function runCase(lane: Lane, fault: Case): Promise<RunReport> {
  const startedAt = Date.now();
  await lane.worker.ensure();
  const old = await freshOld(lane);
  const strike = new Strike(lane, fault);
  strike.arm();
  await lane.rotations.start(fault.policy);
  const end = await lane.rotations.end();
  await healed(lane, strike);
  const seen = await observe(lane.estate, old, strike.persons);
  const violations = [...judge(seen, end, allowanceOf(fault, strike.phase)), ...(await alone(lane, end))];
  const finished = await finishByHand(lane, seen, end);
  const leaks = await leaksIn([lane.estate.folder, lane.temporal.folder], finished.secrets);
  return {
    ...placeOf(fault),
    phase: strike.phase,
    end: wordFor(end),
    told: end.kind === 'ended' ? [...endLines(end.result)] : [],
    afterwards: [...finished.steps],
    violations: [...violations, ...finished.violations, ...leaks],
    seconds: Math.round((Date.now() - startedAt) / 1000),
  };
}

function placeOf({ estate, policy, name, line, request }: Case) {
  return { estate, policy, fault: name, line, request };
}

/** The old secret as readers have it, with what a rotation must carry over. */
async function freshOld({ estate }: Lane): Promise<KnownSecret> {
  const old = await estate.reset();
  const { copies } = await estate.look();
  return { ...old, fields: { ...old.fields, ...copies[0]?.fields } };
}

async function healed(lane: Lane, strike: Strike): Promise<void> {
  await strike.settled();
  await lane.wires.heal();
  await lane.estate.heal();
  await lane.worker.ensure();
}

function allowanceOf({ name }: Case, phase: string | null): Allowance {
  return {
    onlyHeld: name === 'target applies later than declared',
    beforeOpen: phase === 'opened',
    afterProof: phase === 'retired' || phase === 'finished',
  };
}

/** I6: when it has ended, nothing goes on. */
async function alone({ rotations }: Lane, end: RunEnd): Promise<readonly Violation[]> {
  if (end.kind === 'endless') await rotations.terminate();
  const running = await rotations.running();
  return running === 0 ? [] : [{ invariant: 'I6', what: 'a rotation runs on after its end' }];
}
