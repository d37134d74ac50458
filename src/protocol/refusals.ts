import type { RefusalCount, Refusals, TargetId } from '../model/record.js';
import type { Millis } from '../model/time.js';
import type { Command } from './commands.js';
import { planOf, type RotationState } from './state.js';

/** Refused logins between two good ones, at most, where the realm locks accounts. */
const lockingBudget = 2;

/** A realm that declares never to lock still logs every refusal: enough for two candidates' answers, and no guessing. */
const openBudget = 4;

/** Realms forget refusals after minutes or hours; relock remembers them longer than any, but not for ever. */
const memoryMs: Millis = 24 * 3_600_000;

/** May one more refusal be risked on this target's realm? */
export function mayProbe(state: RotationState, target: TargetId): boolean {
  return left(state, target) > 0;
}

/** Proving that the old secret is dead must not lock the account. */
export function mayProve(state: RotationState, target: TargetId): boolean {
  const threshold = planOf(state, target).capabilities.lockoutThreshold;
  return threshold === null || threshold > 2;
}

function left(state: RotationState, target: TargetId): number {
  const { realm } = planOf(state, target);
  return budgetOf(state, target) - remembered(state, state.refusals[realm]);
}

function budgetOf(state: RotationState, target: TargetId): number {
  const threshold = planOf(state, target).capabilities.lockoutThreshold;
  return threshold === null ? openBudget : Math.min(lockingBudget, threshold - 1);
}

function remembered(state: RotationState, spent: RefusalCount | undefined): number {
  return spent !== undefined && state.now - spent.at < memoryMs ? spent.count : 0;
}

/** A good login sets the realm's count back. Silence may be a refusal whose reply was lost, and counts where that could lock. */
export function countLogin(
  state: RotationState,
  target: TargetId,
  answer: 'accepted' | 'rejected' | 'barred' | 'unknown',
): Refusals {
  const { realm, capabilities } = planOf(state, target);
  if (answer === 'accepted') return { ...state.refusals, [realm]: { count: 0, at: state.now } };
  const counts = answer === 'rejected' || (answer === 'unknown' && capabilities.lockoutThreshold !== null);
  if (!counts) return state.refusals;
  return { ...state.refusals, [realm]: { count: remembered(state, state.refusals[realm]) + 1, at: state.now } };
}

/**
 * Commands of one step run together: of the probes in one realm only as many stay as may all be refused. What is left out
 * is asked for again by the next step. Where a realm locks accounts, the record counts them before they are made.
 */
export function ration(state: RotationState, commands: readonly Command[]): readonly Command[] {
  const asked = new Map<string, number>();
  const kept = commands.filter((command) => {
    if (command.do !== 'probe') return true;
    const { realm } = planOf(state, command.target);
    const before = asked.get(realm) ?? 0;
    if (before >= left(state, command.target)) return false;
    asked.set(realm, before + 1);
    return true;
  });
  const said = counted(state, asked);
  return kept.map((command) => announced(state, command, said));
}

/** What the record must say before this step: every refusal that it may cost, where refusals can lock. */
function counted(state: RotationState, asked: ReadonlyMap<string, number>): Refusals {
  const locking = state.order.plan.targets.filter(({ capabilities }) => capabilities.lockoutThreshold !== null);
  return Object.fromEntries(
    locking.map(({ realm }) => {
      const spent = state.refusals[realm];
      const more = asked.get(realm) ?? 0;
      const at = more > 0 ? state.now : (spent?.at ?? state.now);
      return [realm, { count: remembered(state, spent) + more, at }];
    }),
  );
}

function announced(state: RotationState, command: Command, said: Refusals): Command {
  if (command.do === 'probe') {
    const isSaid = coversStill(state, state.record?.refusals, said, planOf(state, command.target).realm);
    return isSaid ? command : { ...command, write: { refusals: said } };
  }
  if (!('write' in command)) return command;
  return { ...command, write: { ...command.write, refusals: said } };
}

function coversStill(state: RotationState, written: Refusals | undefined, said: Refusals, realm: string): boolean {
  const [before, now] = [written?.[realm], said[realm]];
  if (now === undefined) return true;
  return before !== undefined && before.count >= now.count && state.now - before.at < memoryMs / 2;
}
