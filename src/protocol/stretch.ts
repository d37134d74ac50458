import type { TargetId } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { Command, Observation, Step } from './commands.js';
import { next } from './next.js';
import { isPromoted, type RotationState } from './state.js';

/** One step that was carried out, and when the step after it was decided. */
export interface Stride {
  readonly observations: readonly Observation[];
  readonly at: Instant;
}

/** Steps that follow one another without anybody having to be asked: one process carries them out in one go. */
export interface Stretch {
  readonly state: RotationState;
  /** The first step; the others follow from what is seen. */
  readonly command: Command;
}

/** The state after these strides but for the last: what that one saw is still to be learned. */
export function upToLast(state: RotationState, strides: readonly Stride[]): RotationState {
  return strides
    .slice(0, -1)
    .reduce((known, { observations, at }) => next(known, { now: at, observations, events: [] }).state, state);
}

export interface StretchHands {
  now(): Instant;
  /** Somebody wants to be heard: no further step is begun. */
  isStopped(): boolean;
  execute(command: Command, state: RotationState): Promise<Observation>;
}

/** Carries out a stretch: its first step, then what follows from that, by the same protocol as everywhere. */
export async function carryOn({ state, command }: Stretch, hands: StretchHands): Promise<readonly Stride[]> {
  const place = placeOf(state, command);
  const until = lastBegin(command, state, hands.now());
  const strides: Stride[] = [];
  let known = state;
  for (let following: Command | null = command; following !== null; ) {
    const observations = [await hands.execute(within(following, until), known)];
    const at = hands.now();
    strides.push({ observations, at });
    const decided = next(known, { now: at, observations, events: [] });
    known = decided.state;
    const isOver = at >= until || hands.isStopped();
    following = isOver ? null : followerOf(decided.step, known, place);
  }
  return strides;
}

/** When the last step of a stretch may begin, and the last effect be sent: as late as its first one, or as if that were one. */
function lastBegin(command: Command, state: RotationState, now: Instant): Instant {
  return 'notAfter' in command ? command.notAfter : now + state.order.plan.timing.effectMs;
}

/** Until when something of a stretch that was lost may still be sent; null: none of its steps could be felt. */
export function sentUntil({ command, state }: Stretch, now: Instant): Instant | null {
  if (command.do === 'promote' || isPromoted(state)) return now + state.order.plan.timing.effectMs;
  return 'notAfter' in command && isFelt(command, state) ? command.notAfter : null;
}

/** The one command of a step that may be carried out together with what was before it; null: somebody must be asked first. */
function followerOf(step: Step, state: RotationState, place: Place): Command | null {
  const command = onlyCommand(step);
  return command !== null && mayFollow(command, state) && placeOf(state, command) === place ? command : null;
}

export function onlyCommand(step: Step): Command | null {
  if (!('commands' in step)) return null;
  const [command, ...others] = step.commands;
  return command === undefined || others.length > 0 ? null : command;
}

/** Waiting, and closing the record, are for whoever tells the result. */
export function mayBegin({ do: name }: Command): boolean {
  return name !== 'wait' && name !== 'finish';
}

/**
 * Until readers have the new secret a person may still stop the rotation: whatever a target would feel, and the promote
 * itself, begins only after it was heard whether somebody did.
 */
function mayFollow(command: Command, state: RotationState): boolean {
  if (command.do === 'promote' || !mayBegin(command)) return false;
  return isPromoted(state) || !isFelt(command, state);
}

/** Whether a target may be changed by it. */
function isFelt(command: Command, state: RotationState): boolean {
  if (command.do === 'stage') return state.order.plan.maker === 'issued';
  return 'notAfter' in command;
}

function within(command: Command, until: Instant): Command {
  return 'notAfter' in command ? { ...command, notAfter: Math.min(command.notAfter, until) } : command;
}

/** The zone whose workers carry it out; null: those without one. */
type Place = string | null;

/** A value that the target itself makes is made where the target can be reached. */
export function placeOf({ order: { plan } }: RotationState, command: Command): Place {
  const issues = command.do === 'stage' && plan.maker === 'issued';
  const id: TargetId | undefined = issues ? plan.targets[0]?.id : 'target' in command ? command.target : undefined;
  return plan.targets.find((target) => target.id === id)?.zone ?? null;
}
