import { z } from 'zod';
import { storedResultSchema } from '../../../src/activities/incident/resultSchema.js';
import type { KnownSecret } from '../estate.js';
import type { Lane } from '../lane/lane.js';
import { type RunEnd, wordFor } from '../lane/rotations.js';
import type { Violation } from '../report/runReport.js';
import { judge } from '../verdict/judge.js';
import { distinct } from '../verdict/knownSecrets.js';
import { type Observed, observe } from '../verdict/observe.js';

export interface FinishedByHand {
  readonly steps: readonly string[];
  readonly violations: readonly Violation[];
  /** Every secret that was met on the way. */
  readonly secrets: readonly KnownSecret[];
}

const mostSteps = 4;

/** What an operator does when a rotation did not end as `rotated`: recover what is open, rotate what is not. */
export async function finishByHand(lane: Lane, seen: Observed, end: RunEnd): Promise<FinishedByHand> {
  const steps: string[] = [];
  const violations: Violation[] = [];
  let last = { seen, end };
  let secrets = secretsOf(seen);
  while (!isDone(last.end, seen.old) && steps.length < mostSteps) {
    // What recovery cannot end, one more rotation takes over.
    const step = last.seen.vaults.isOpen && steps.length === 0 ? recover : rotate;
    const ended = await step(lane);
    const old = step === rotate ? (last.seen.vaults.copies[0] ?? seen.old) : seen.old;
    const after = await observe(lane.estate, old, seen.persons);
    steps.push(`${step.name}: ${wordFor(ended)}`);
    const wrong = judge(after, ended, { onlyHeld: false, afterProof: false, beforeOpen: false });
    violations.push(...wrong.map(({ invariant, what }) => ({ invariant, what: `after ${step.name}: ${what}` })));
    secrets = distinct([...secrets, ...secretsOf(after)]);
    last = { seen: after, end: ended };
  }
  const isFinished = isDone(last.end, seen.old) || isForPerson(last);
  return { steps, violations: isFinished ? violations : [...violations, unfinished], secrets };
}

/**
 * A person filled the place that the new secret needs, or took out the key beside which it belongs; relock leaves what it does
 * not know alone, and says so.
 */
function isForPerson({ seen, end }: { readonly seen: Observed; readonly end: RunEnd }): boolean {
  if (seen.persons.length === 0 || end.kind !== 'ended') return false;
  if (wordFor(end) === 'untouched(refused)') return true;
  const saysWhat = (end.result.causes ?? []).some((cause) => cause.includes('keyOptions'));
  return wordFor(end) === 'untouched(misconfigured)' && saysWhat;
}

const unfinished: Violation = { invariant: 'I5', what: 'with nothing in its way any more it is still not rotated' };

/** A first adoption ends as one, for good: what the vendor's own secret opens is for a person to see. */
function isDone(end: RunEnd, old: KnownSecret): boolean {
  if (end.kind !== 'ended') return false;
  const { open, flags } = end.result;
  const isWhole = wordFor(end) === 'rotated' || (old.isVendors === true && wordFor(end) === 'replaced(adopted)');
  return isWhole && !open && flags.stale.length === 0;
}

function secretsOf({ old, persons, vaults }: Observed): readonly KnownSecret[] {
  return distinct([old, ...persons, ...vaults.copies.filter((copy) => copy !== null), ...vaults.held]);
}

async function rotate({ rotations }: Lane): Promise<RunEnd> {
  await rotations.start('forward');
  return rotations.end();
}

const stopped = z.object({ state: z.literal('stopped'), reason: z.string() });
const recovered = z.array(z.union([stopped, storedResultSchema]));

async function recover(lane: Lane): Promise<RunEnd> {
  const { stdout, stderr } = await lane.relock('recover', lane.estate.credential, '--json');
  const read = recovered.safeParse(jsonOf(stdout));
  if (!read.success) throw new Error(`relock recover said: ${stderr || stdout}`);
  const [first] = read.data;
  if (first === undefined) return { kind: 'stopped', waitsFor: 'nothing: no record was open' };
  if (first.state === 'stopped') return { kind: 'stopped', waitsFor: first.reason };
  return { kind: 'ended', result: first };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
