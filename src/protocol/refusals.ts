import type { RefusalCount, Refusals, TargetId, VersionId } from '../model/record.js';
import type { Millis } from '../model/time.js';
import type { Command, CommandOf } from './commands.js';
import { factsOf, oldsAt, planOf, type RotationState } from './state.js';

/** Refused logins between two good ones, at most, where the realm locks accounts. */
const lockingBudget = 2;

/** A realm that declares never to lock still logs every refusal: the new secret's two answers, and no guessing. */
const openBudget = 4;

/** Where nothing locks, each version that may be there is tried once, else one that works might never be found: so many at most. */
const mostGuesses = 10;

/** Realms forget refusals after minutes or hours; relock remembers them longer than any, but not for ever. */
const memoryMs: Millis = 24 * 3_600_000;

/** May one more refusal be risked on this target's realm? */
export function mayProbe(state: RotationState, target: TargetId): boolean {
  return left(state, target) > 0;
}

/** Refused logins lock the account there. */
export function locks(state: RotationState, target: TargetId): boolean {
  return thresholdOf(state, target) !== null;
}

/** Whoever makes a step there logs in for it: the account itself must not, where one more refusal could lock it. */
export function mayLogIn(state: RotationState, target: TargetId): boolean {
  return planOf(state, target).login === 'management' || !locks(state, target) || mayProbe(state, target);
}

/** As `mayProbe`, for a version that may well be wrong: where it could be overwritten all the same, a last login is left to verify that. */
export function mayGuess(state: RotationState, target: TargetId): boolean {
  const { login } = planOf(state, target);
  const mayOverwrite = state.policy === 'forward' && login === 'management';
  const isSecond = state.order.plan.targets.some(({ id }) => sharesCount(state, id, target) && wasRefused(state, id));
  return left(state, target) > (isSecond && mayOverwrite ? 1 : 0);
}

function wasRefused(state: RotationState, target: TargetId): boolean {
  return Object.values(factsOf(state, target).answers).includes('rejected');
}

/** Proving that the old secret is dead must not lock the account. */
export function mayProve(state: RotationState, target: TargetId): boolean {
  const threshold = thresholdOf(state, target);
  return threshold === null || threshold > 2;
}

function left(state: RotationState, target: TargetId): number {
  return budgetOf(state, target) - remembered(state, state.refusals[countOf(state, target)]);
}

function budgetOf(state: RotationState, target: TargetId): number {
  const threshold = thresholdOf(state, target);
  if (threshold !== null) return Math.min(lockingBudget, threshold - 1);
  return Math.max(openBudget, Math.min(oldsAt(state, target).length, mostGuesses) + 2);
}

/** Under which name refusals there are counted: where nothing locks, each target's log is its own. */
function countOf(state: RotationState, target: TargetId): string {
  return locks(state, target) ? planOf(state, target).realm : `target ${target}`;
}

function sharesCount(state: RotationState, one: TargetId, other: TargetId): boolean {
  return countOf(state, one) === countOf(state, other);
}

/** The realm's: the lowest that any of its targets declares. */
function thresholdOf(state: RotationState, target: TargetId): number | null {
  const { realm } = planOf(state, target);
  const inRealm = state.order.plan.targets.filter((each) => each.realm === realm);
  const declared = inRealm.map(({ capabilities }) => capabilities.lockoutThreshold).filter((each) => each !== null);
  return declared.length === 0 ? null : Math.min(...declared);
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
  const counted = countOf(state, target);
  if (answer === 'accepted') return { ...state.refusals, [counted]: { count: 0, at: state.now } };
  const counts = answer === 'rejected' || (answer === 'unknown' && thresholdOf(state, target) !== null);
  if (!counts) return state.refusals;
  const count = remembered(state, state.refusals[counted]) + 1;
  return { ...state.refusals, [counted]: { count, at: state.now } };
}

/**
 * Commands of one step run together. In a realm that locks accounts only one login is made at a time, the one that is
 * surest to be good first, and the record counts it before it is made. What is left out is asked for again by the next step.
 */
export function ration(state: RotationState, commands: readonly Command[]): readonly Command[] {
  const asked = new Map<string, Command>();
  for (const command of commands) {
    const realm = lockingRealmOf(state, command);
    const before = realm === null ? undefined : asked.get(realm);
    if (realm !== null && (before === undefined || doubt(state, command) < doubt(state, before)))
      asked.set(realm, command);
  }
  const isKept = (command: Command) => {
    const realm = lockingRealmOf(state, command);
    return realm === null || asked.get(realm) === command;
  };
  const said = counted(state, new Set(asked.keys()));
  const kept = commands.filter(isKept).map((command) => surer(state, command));
  return kept.map((command) => announced(state, command, said));
}

/** Where this command logs in as the account, if that realm locks accounts. */
function lockingRealmOf(state: RotationState, command: Command): string | null {
  if (!('target' in command) || !locks(state, command.target)) return null;
  const isLogin = command.do === 'probe' || command.login.as === 'self';
  return isLogin ? planOf(state, command.target).realm : null;
}

/** With a refusal spent already, a login that is known to be good comes before one that may be refused: it gives the budget back. */
function surer(state: RotationState, command: Command): Command {
  if (command.do !== 'probe' || doubt(state, command) === 0) return command;
  const { realm } = planOf(state, command.target);
  if (remembered(state, state.refusals[realm]) === 0 || thresholdOf(state, command.target) === null) return command;
  const candidate = state.record?.candidate;
  const sure = state.order.plan.targets.find((each) => each.realm === realm && isSure(state, each.id));
  return sure === undefined || candidate == null ? command : { ...command, target: sure.id, version: candidate };
}

/** It has taken the new secret, and its last answer does not speak against that. */
function isSure(state: RotationState, target: TargetId): boolean {
  const { taken, answers } = factsOf(state, target);
  const answer = answers[state.record?.candidate ?? ''];
  return taken && (answer === undefined || answer === 'accepted');
}

/** A version that was accepted there will hardly be refused; the new secret less likely than an old one. */
function doubt(state: RotationState, command: Command): number {
  if (!('target' in command)) return 0;
  const version = versionOf(command);
  const { taken, working } = factsOf(state, command.target);
  const isNew = version === state.record?.candidate;
  if (isNew && taken) return 0;
  if (version === working && !taken) return 1;
  return isNew ? 2 : 3;
}

/** With which version it logs in. */
function versionOf(command: Extract<Command, { readonly target: TargetId }>): VersionId | null {
  if (command.do === 'probe') return command.version;
  return command.login.as === 'self' ? command.login.version : null;
}

/** What outlives this rotation, so that the next one does not spend it again. */
export function lastingRefusals(state: RotationState): Refusals {
  return counted(state, new Set());
}

/** What an open record must still be told of refusals, before whoever finds it spends them again; null: it says enough. */
export function unsaidRefusals(state: RotationState): Refusals | null {
  const lasting = lastingRefusals(state);
  const isSaid = Object.keys(lasting).every((realm) => coversStill(state, state.record?.refusals, lasting, realm));
  return isSaid ? null : lasting;
}

/** What the record must say before this step: every refusal that it may cost, where refusals can lock. */
function counted(state: RotationState, asked: ReadonlySet<string>): Refusals {
  const locking = state.order.plan.targets.filter(({ id }) => thresholdOf(state, id) !== null);
  return Object.fromEntries(
    locking.map(({ realm }) => {
      const spent = state.refusals[realm];
      const at = asked.has(realm) ? state.now : (spent?.at ?? state.now);
      return [realm, { count: remembered(state, spent) + (asked.has(realm) ? 1 : 0), at }];
    }),
  );
}

function announced(state: RotationState, command: Command, said: Refusals): Command {
  if (command.do === 'probe') return announcedProbe(state, command, said);
  const isLogin = lockingRealmOf(state, command) !== null;
  if (command.do === 'capture' || command.do === 'confirm' || command.do === 'endSessions')
    return isLogin ? { ...command, write: { refusals: said } } : command;
  if (!('write' in command)) return command;
  return { ...command, write: { ...command.write, refusals: said } };
}

/**
 * Where refusals lock, nobody asks without the record: it counts the login before it is made; where it does already, it is
 * looked at, for who does not carry it any more must not spend one. What takes the last of the budget is taken back as soon as
 * it was good: whoever comes after a crash could ask nothing more.
 */
function announcedProbe(state: RotationState, command: CommandOf<'probe'>, said: Refusals): Command {
  const { realm } = planOf(state, command.target);
  if (!locks(state, command.target)) return command;
  const isSaid = coversStill(state, state.record?.refusals, said, realm);
  const announcing = { ...command, write: isSaid ? {} : { refusals: said } };
  const isLast = (said[realm]?.count ?? 0) >= budgetOf(state, command.target);
  return isLast
    ? { ...announcing, regained: { refusals: { ...said, [realm]: { count: 0, at: state.now } } } }
    : announcing;
}

/** The record counts at least as many, and will not forget them sooner than half of its memory from now. */
function coversStill(state: RotationState, written: Refusals | undefined, said: Refusals, realm: string): boolean {
  const [before, now] = [written?.[realm], said[realm]];
  if (now === undefined || now.count === 0) return true;
  if (before === undefined || before.count < now.count) return false;
  return before.at >= now.at || state.now - before.at < memoryMs / 2;
}
