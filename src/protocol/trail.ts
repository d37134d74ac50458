import type { Effect, ErrorCode } from '../model/errors.js';
import { type ProbeAnswer, undecided } from '../model/probe.js';
import type { TargetId, VersionId } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { CommandName, CommandOf, Observation, Outcome, Results } from './commands.js';
import { forwardPhases, type PhaseName } from './phases.js';
import type { Death, RotationState } from './state.js';

/**
 * What was seen, and when: kept for the evidence, never read by a decision. Of what is repeated the first and the last are
 * kept and the times counted, so it grows with targets and versions, not with retries.
 */
export interface Trail {
  readonly phases: Readonly<Partial<Record<PhaseName, PhaseTimes>>>;
  readonly targets: Readonly<Record<TargetId, TargetTrail>>;
  readonly copies: Readonly<Record<string, CopyTrail>>;
  /** What stands in the way at a target or a copy, for people. Absent: nothing does. */
  readonly causes?: Readonly<Record<string, Cause>>;
}

export interface Cause {
  /** What was tried. */
  readonly of: CommandName;
  readonly text: string;
}

export interface PhaseTimes {
  /** First. */
  readonly reachedAt: Instant;
  /** Last time that the phase after it was begun; null: it was not left that way. */
  readonly passedAt: Instant | null;
}

export interface TargetTrail {
  /** Logins by version and answer. */
  readonly probes: Readonly<Record<VersionId, Readonly<Partial<Record<ProbeAnswer, Sightings>>>>>;
  readonly effects: Readonly<Partial<Record<EffectName, Effects>>>;
  /** How each old version was last seen to be dead. */
  readonly proofs: Readonly<Record<VersionId, Proof>>;
}

export interface Sighting {
  readonly at: Instant;
  /** Worker's zone, method and address; null: the login failed before it was known. */
  readonly vantage: string | null;
}

export interface Sightings {
  readonly times: number;
  readonly first: Sighting;
  readonly last: Sighting;
}

export type EffectName = 'capture' | 'change' | 'revert' | 'confirm' | 'retire' | 'endSessions' | 'suspend';

export interface Effects {
  readonly times: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  /** What the target said last; null: yes. */
  readonly failure: { readonly code: ErrorCode; readonly effect: Effect } | null;
}

/** A refusal, with what makes it mean something: an acceptance from there before it, and of the new secret right after. */
export interface Proof {
  readonly verdict: Death;
  readonly refusal: Sighting | null;
  readonly before: Control | null;
  readonly after: Sighting;
}

export interface Control {
  readonly version: VersionId;
  /** null: an earlier run saw it, and left only from where. */
  readonly at: Instant | null;
  readonly vantage: string | null;
}

export interface CopyTrail {
  /** Readers get the new secret since. */
  readonly promotedAt: Instant | null;
  readonly attempts: number;
}

export const emptyTrail: Trail = { phases: {}, targets: {}, copies: {} };

const noTarget: TargetTrail = { probes: {}, effects: {}, proofs: {} };

/** The trail that a state carries; one that began under an earlier release has none. */
export function trailOf(state: RotationState): Trail {
  return state.trail ?? emptyTrail;
}

/** `after` as it follows from `before` and one observation, with that observation in its trail. */
export function remember(before: RotationState, after: RotationState, seen: Observation): RotationState {
  const trail = withCause(trailOf(before), before, seen);
  return { ...after, trail: extended(trail, before, after, seen) };
}

/** The target or copy that it was about; what is about the record is about the primary. */
function subjectOf({ order }: RotationState, { command }: Observation): string {
  if ('target' in command) return command.target;
  return 'copy' in command ? command.copy : (order.plan.copies[0] ?? '');
}

/** null: nothing stands in the way there, or nothing more is known. */
function causeOf(seen: Observation): string | null {
  if (!seen.outcome.ok) return seen.outcome.message ?? null;
  if (seen.of !== 'probe') return null;
  const { answer, because } = seen.outcome.value;
  return because ?? undecided[answer];
}

function withCause(all: Trail, before: RotationState, seen: Observation): Trail {
  if (seen.of === 'open' && seen.outcome.ok && seen.outcome.value.kind === 'opened')
    return atCopies(all, seen.outcome.value.causes ?? {});
  const { causes = {}, ...trail } = all;
  const subject = subjectOf(before, seen);
  const { [subject]: known, ...others } = causes;
  const text = causeOf(seen);
  if (text === null && (known === undefined || standsStill(known, before, seen))) return all;
  const now = text === null ? others : { ...others, [subject]: { of: seen.of, text } };
  return Object.keys(now).length === 0 ? trail : { ...trail, causes: now };
}

function atCopies(trail: Trail, causes: Readonly<Record<string, string>>): Trail {
  const found = Object.entries(causes).map(([copy, text]) => [copy, { of: 'open' as const, text }]);
  return found.length === 0 ? trail : { ...trail, causes: { ...trail.causes, ...Object.fromEntries(found) } };
}

/**
 * What stood in the way still does, although this was no failure: a wait asks nobody, a record that can be written says
 * nothing of what readers get, and a login says nothing of a call that failed, unless it shows that the call was not needed.
 */
function standsStill({ of: tried }: Cause, before: RotationState, seen: Observation): boolean {
  if (seen.of === 'wait' || seen.of === 'note' || seen.of === 'finish') return true;
  if (seen.of !== 'probe' || tried === 'probe') return false;
  const isNew = seen.command.version === before.record?.candidate;
  const isIn = isNew && seen.outcome.ok && seen.outcome.value.answer === 'accepted';
  return !isIn || tried === 'retire' || tried === 'confirm' || tried === 'endSessions';
}

/** A change of facts that a decision made; where it enters another phase, the trail says when. */
export function moved(state: RotationState, change: Partial<RotationState>): RotationState {
  const { phase: from, now } = state;
  const to = change.phase ?? from;
  const { phases, ...rest } = trailOf(state);
  const passed = isNext(from, to) ? { [from]: { ...timesOf(phases, from, now), passedAt: now } } : {};
  const entered = to === from ? {} : { [to]: timesOf(phases, to, now) };
  return { ...state, ...change, trail: { ...rest, phases: { ...phases, ...passed, ...entered } } };
}

function isNext(from: PhaseName, to: PhaseName): boolean {
  const index = forwardPhases.indexOf(from);
  return index >= 0 && forwardPhases[index + 1] === to;
}

function timesOf(phases: Trail['phases'], phase: PhaseName, now: Instant): PhaseTimes {
  return phases[phase] ?? { reachedAt: now, passedAt: null };
}

function extended(trail: Trail, before: RotationState, after: RotationState, seen: Observation): Trail {
  switch (seen.of) {
    case 'open':
      return { ...trail, phases: { opened: timesOf(trail.phases, 'opened', seen.at), ...trail.phases } };
    case 'probe':
      return withProof(withLogin(trail, seen.command, seen.outcome, seen.at), before, after, seen.command.target);
    case 'promote':
      return withPromote(trail, seen.command.copy, seen.outcome, seen.at);
    case 'finish':
      return seen.outcome.ok ? { ...trail, phases: { ...trail.phases, finished: finishedAt(trail, seen.at) } } : trail;
    case 'stage':
    case 'note':
    case 'wait':
      return trail;
    default:
      return withEffect(trail, seen.command.target, seen.of, seen.outcome, seen.at);
  }
}

function finishedAt({ phases }: Trail, at: Instant): PhaseTimes {
  return { ...timesOf(phases, 'finished', at), passedAt: at };
}

function withTarget(trail: Trail, id: TargetId, change: Partial<TargetTrail>): Trail {
  return { ...trail, targets: { ...trail.targets, [id]: { ...(trail.targets[id] ?? noTarget), ...change } } };
}

function withLogin(
  trail: Trail,
  { target, version }: CommandOf<'probe'>,
  outcome: Outcome<Results['probe']>,
  at: Instant,
): Trail {
  const { answer, vantage } = outcome.ok ? outcome.value : { answer: 'unknown' as const, vantage: null };
  const { probes } = trail.targets[target] ?? noTarget;
  const last = { at, vantage };
  const known = probes[version]?.[answer];
  const sightings = { times: (known?.times ?? 0) + 1, first: known?.first ?? last, last };
  return withTarget(trail, target, { probes: { ...probes, [version]: { ...probes[version], [answer]: sightings } } });
}

/** What this login showed to be dead, with both controls. */
function withProof(trail: Trail, before: RotationState, after: RotationState, id: TargetId): Trail {
  const known = before.targets[id]?.dead ?? {};
  const dead = Object.entries(after.targets[id]?.dead ?? {}).filter(([version, death]) => known[version] !== death);
  const candidate = after.record?.candidate;
  const { probes, proofs } = trail.targets[id] ?? noTarget;
  const control = candidate == null ? undefined : probes[candidate]?.accepted?.last;
  if (dead.length === 0 || control === undefined) return trail;
  const shown = dead.map(([version, verdict]) => {
    const refusal = probes[version]?.rejected?.last ?? null;
    return [version, { verdict, refusal, before: controlBefore(trail, after, id, version), after: control }] as const;
  });
  return withTarget(trail, id, { proofs: { ...proofs, ...Object.fromEntries(shown) } });
}

/** The version itself was accepted there earlier, or the one that worked instead of it. */
function controlBefore(trail: Trail, state: RotationState, id: TargetId, version: VersionId): Control | null {
  const facts = state.targets[id];
  const controls = facts?.controls ?? {};
  const name = controls[version] === undefined ? facts?.working : version;
  if (name == null || controls[name] === undefined) return null;
  const first = trail.targets[id]?.probes[name]?.accepted?.first;
  return { version: name, at: first?.at ?? null, vantage: controls[name] };
}

function withPromote(trail: Trail, copy: string, outcome: Outcome<Results['promote']>, at: Instant): Trail {
  const known = trail.copies[copy];
  const isIn = outcome.ok && outcome.value.stranger === null;
  const promotedAt = known?.promotedAt ?? (isIn ? at : null);
  return { ...trail, copies: { ...trail.copies, [copy]: { promotedAt, attempts: (known?.attempts ?? 0) + 1 } } };
}

function withEffect(trail: Trail, id: TargetId, name: EffectName, outcome: Outcome<unknown>, at: Instant): Trail {
  const { effects } = trail.targets[id] ?? noTarget;
  const known = effects[name];
  const failure = outcome.ok ? null : { code: outcome.code, effect: outcome.effect };
  const seen = { times: (known?.times ?? 0) + 1, firstAt: known?.firstAt ?? at, lastAt: at, failure };
  return withTarget(trail, id, { effects: { ...effects, [name]: seen } });
}
