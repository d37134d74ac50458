import type { EndState } from '../../../src/model/endStates.js';
import type { RotationResult } from '../../../src/workflows/messages.js';
import type { KnownSecret } from '../estate.js';
import type { RunEnd } from '../lane/rotations.js';
import type { Violation } from '../report/runReport.js';
import { foreignFields, isSame } from './knownSecrets.js';
import type { Observed, TargetSeen } from './observe.js';

/** What the fault itself takes from what may be asked of relock. */
export interface Allowance {
  /** Something that was sent came later than the target's driver declares: only I1 is asked. */
  readonly onlyHeld: boolean;
  /** A person came when everything may have been proven already: what he did is not relock's to know. */
  readonly afterProof: boolean;
  /** A person wrote over the old secret before relock could read it: nobody but him can hold it. */
  readonly beforeOpen: boolean;
}

type Result = Pick<RotationResult, 'state' | 'reason' | 'flags' | 'open' | 'causes'>;
type Rule = (seen: Observed, result: Result, allowance: Allowance) => readonly Violation[];

/** I1 to I6, from what was seen; I3 has a search of its own. */
export function judge(seen: Observed, end: RunEnd, allowance: Allowance): readonly Violation[] {
  if (end.kind === 'endless')
    return [violation('I5', `it does not end: it waits for ${end.waitsFor}`), ...held(seen, allowance)];
  if (end.kind === 'stopped') return held(seen, allowance);
  if (end.kind === 'broken') return [violation('I5', 'its workflow failed'), ...held(seen, allowance)];
  const { result } = end;
  const lost = result.state === 'lost' ? [] : held(seen, allowance);
  if (allowance.onlyHeld) return lost;
  return [...lost, ...rules.flatMap((rule) => rule(seen, result, allowance))];
}

function violation(invariant: Violation['invariant'], what: string): Violation {
  return { invariant, what };
}

/** I1: what a target accepts is in the vault. What a person set past the vault is the person's to know. */
function held({ vaults, targets, persons, old }: Observed, { beforeOpen }: Allowance): readonly Violation[] {
  const isTheirs = old.isVendors === true || (beforeOpen && persons.length > 0);
  const overwritten = isTheirs ? [old] : [];
  const known = [...overwritten, ...vaults.copies.filter((copy) => copy !== null), ...vaults.held];
  const isKnown = (secret: KnownSecret) => [...known, ...persons].some((other) => isSame(other, secret));
  return targets
    .filter(({ accepted }) => !accepted.some(isKnown))
    .map(({ id, accepted }) => violation('I1', `${id} accepts nothing that is held; it accepts: ${names(accepted)}`));
}

const rules: readonly Rule[] = [
  readersServed,
  deadWhenRotated,
  adoptedIsNoProof,
  asBefore,
  nobodyElse,
  told,
  explained,
  carriedOver,
];

/** I2 and I5: readers get what works, but where the end says otherwise. */
function readersServed(seen: Observed, result: Result, allowance: Allowance): readonly Violation[] {
  if (['unverified', 'lost', 'disabled'].includes(result.state)) return [];
  return seen.vaults.copies.flatMap((copy, index) => {
    if (isSaidToBeBehind(result, index) || isPersons(seen, copy, result, allowance)) return [];
    if (copy === null && seen.old.isVendors === true && hadNothing.includes(result.state)) return [];
    if (copy === null) return [violation('I2', `readers of copy ${index + 1} get nothing`)];
    const working = seen.targets.filter(({ accepted }) => has(accepted, copy)).length;
    const everywhere = result.state === 'rotated' || result.state === 'rolledBack';
    if (everywhere ? working === seen.targets.length : working > 0) return [];
    return [violation('I2', `${result.state}: what readers of copy ${index + 1} get works on ${working} targets`)];
  });
}

/** Readers had nothing before a first adoption, and have nothing after these. */
const hadNothing: readonly EndState[] = ['untouched', 'rolledBack'];

/** Only the first copy is named `primary` in relock.yaml. */
function isSaidToBeBehind({ state, flags }: Result, index: number): boolean {
  const isPrimary = (ref: string) => ref.startsWith('primary:');
  return flags.stale.some((ref) => isPrimary(ref) === (index === 0)) || (index > 0 && state === 'untouched');
}

/** A person wrote what readers get, or changed what the target takes; `rotated` would deny it. */
function isPersons(
  { persons, targets }: Observed,
  copy: KnownSecret | null,
  { state }: Result,
  { afterProof }: Allowance,
): boolean {
  if (state === 'rotated' && !afterProof) return false;
  const atTarget = targets.some(({ accepted }) => accepted.some((secret) => has(persons, secret)));
  return atTarget || (copy !== null && has(persons, copy) && state !== 'rotated');
}

/** I4: `rotated` and `replaced` mean it. */
function deadWhenRotated({ vaults, targets, old }: Observed, { state, flags }: Result): readonly Violation[] {
  const [primary = null] = vaults.copies;
  if (state !== 'rotated' && state !== 'replaced') return [];
  const isNew = primary !== null && !isSame(primary, old);
  const notNew = isNew ? [] : [violation('I4', `${state}: readers still get the old secret`)];
  if (state === 'replaced' && flags.exposed) return notNew;
  const alive = targets.filter(({ accepted }) => has(accepted, old));
  return [...notNew, ...alive.map(({ id }) => violation('I4', `${state}: ${id} accepts the old secret`))];
}

/** I4: no old secret was known, so none was seen refused, unless a person brought one. */
function adoptedIsNoProof({ old, persons }: Observed, { state, flags }: Result): readonly Violation[] {
  if (old.isVendors !== true || persons.length > 0) return [];
  const claimed = state === 'rotated' || (state === 'replaced' && !flags.exposed);
  return claimed ? [violation('I4', `${state}: no old secret was known, and it says that none may open anything`)] : [];
}

/** I5: where nothing was changed, or all of it taken back, the old secret works and readers get it. */
function asBefore({ vaults, targets, old, persons }: Observed, { state, flags }: Result): readonly Violation[] {
  if ((state !== 'untouched' && state !== 'rolledBack') || persons.length > 0) return [];
  const [primary = null] = vaults.copies;
  const isKept = old.isVendors === true ? primary === null : primary !== null && isSame(primary, old);
  const readers = isKept ? [] : [violation('I5', `${state}: readers get another one`)];
  const dead = targets.filter(({ accepted }) => !has(accepted, old));
  const more = flags.exposed ? [] : targets.filter(({ accepted }) => accepted.some((secret) => !isSame(secret, old)));
  return [
    ...readers,
    ...dead.map(({ id }) => violation('I5', `${state}: ${id} refuses the old secret`)),
    ...(state === 'rolledBack' ? more : []).map(({ id }) => violation('I5', `${state}: ${id} accepts a new one too`)),
  ];
}

/** I4: a target accepts no more than we know; after `rotated`, what readers get and what a person added past relock. */
function nobodyElse({ vaults, targets, persons }: Observed, { state }: Result): readonly Violation[] {
  const [primary = null] = vaults.copies;
  const isBehind = primary !== null && has(persons, primary);
  const unknown = targets.filter(({ accepts, accepted }) => accepts !== null && accepts > accepted.length);
  const spare = ({ accepted }: TargetSeen) =>
    accepted.filter((secret) => !(primary !== null && isSame(primary, secret)) && !has(persons, secret));
  // Where a person wrote over what readers were given, that is still what targets take.
  const allowed = isBehind ? 1 : 0;
  const left = state === 'rotated' ? targets.filter((target) => spare(target).length > allowed) : [];
  return [
    ...unknown.map(({ id, accepts }) => violation('I4', `${id} accepts ${accepts} secrets, more than are known`)),
    ...left.map((target) => violation('I4', `rotated: ${target.id} also accepts ${names(spare(target))}`)),
  ];
}

/** I5 and I6: the record is there when the end says so, and only then. */
function told({ vaults }: Observed, { state, open }: Result): readonly Violation[] {
  if (vaults.isOpen === open) return [];
  return [violation('I5', `${state}: it says that its record is ${open ? 'open' : 'closed'}, and it is not`)];
}

/** Each end other than `rotated` says why, and what was answered. */
function explained(_seen: Observed, { state, reason, flags, causes = [] }: Result): readonly Violation[] {
  const isClear = state === 'rotated' || reason !== null || flags.stale.length > 0 || flags.unsaved.length > 0;
  const isNamed = (state === 'rotated' && reason === null) || causes.length > 0;
  return [
    ...(isClear ? [] : [violation('I5', `${state} without a reason`)]),
    ...(isNamed ? [] : [violation('I5', `${state} without a cause`)]),
  ];
}

function carriedOver({ vaults, old }: Observed, { state }: Result): readonly Violation[] {
  const before = JSON.stringify(foreignFields(old));
  const wrong = vaults.copies.filter((copy) => copy !== null && JSON.stringify(foreignFields(copy)) !== before);
  return wrong.map(() => violation('I2', `${state}: readers of a copy lost a field that is not relock's`));
}

function has(secrets: readonly KnownSecret[], secret: KnownSecret): boolean {
  return secrets.some((other) => isSame(other, secret));
}

function names(secrets: readonly KnownSecret[]): string {
  return secrets.map(({ name }) => name).join(', ') || 'none';
}
