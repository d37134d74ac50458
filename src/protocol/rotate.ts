import type { RotationOrder } from '../model/plan.js';
import type { RotationRecord } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { Command, End } from './commands.js';
import { goneFrom } from './decide/finish.js';
import { type Driven, drive, type Interpreter, orderFor } from './drive.js';
import { foldEvent } from './fold.js';
import { carriedOnElsewhere } from './overtaken.js';
import { lastingRefusals } from './refusals.js';
import { begin, beginAnew, type RotationState, settledAt, targetIds } from './state.js';

/** What was ordered, and where it stands. While a record found is finished first, the state is that record's. */
export interface Rotation {
  readonly order: RotationOrder;
  readonly state: RotationState;
}

export interface RotationInterpreter extends Omit<Interpreter, 'checkpoint'> {
  /** As `Interpreter.checkpoint`, with all that is needed to go on later. */
  checkpoint?(rotation: Rotation): Promise<void>;
  /** This rotation is over and a further one follows: the last moment to keep what it showed. */
  followed?(rotated: Rotated): Promise<void>;
}

export interface Rotated {
  readonly end: End;
  readonly rotation: Rotation;
}

/** Somebody else's record is met again after it was finished: more often than this, others are at work. */
const maxFound = 3;

export function beginRotation(order: RotationOrder, now: Instant): Rotation {
  return { order, state: begin(order, now) };
}

/**
 * Finishes a record that somebody left, by its own token, on today's plan. An incident's policy takes the place of the
 * record's own: a possibly stolen secret is not put back on the way.
 */
export function beginFound(record: RotationRecord, order: RotationOrder, now: Instant): Rotation {
  const state = begin(orderFor(record, order.plan), now, true);
  return { order, state: order.policy === 'forward' ? { ...state, policy: 'forward' } : state };
}

/**
 * Carries an order out to its end. A record that somebody left open is finished first; a candidate that turned out older
 * than an incident's clean point is rotated once more.
 */
export async function rotate(from: Rotation, interpreter: RotationInterpreter): Promise<Rotated> {
  let rotation = from;
  for (let found = 0; ; ) {
    const { order } = rotation;
    const driven = await driveOn(rotation, interpreter);
    const reached = { order, state: driven.state };
    if ('lost' in driven) rotation = { order, state: beginAnew(driven.state, interpreter.now()) };
    else if ('held' in driven) {
      found += 1;
      const end = refusal(order, driven.held, found);
      if (end !== null) return { end, rotation: reached };
      rotation = carried(reached.state, beginFound(driven.held, order, interpreter.now()));
    } else if (reached.state.order.token !== order.token) {
      if (driven.end.open && !(await close(reached, driven.end, interpreter)))
        return { end: driven.end, rotation: reached };
      await interpreter.followed?.({ end: { ...driven.end, open: false }, rotation: reached });
      rotation = carried(reached.state, beginRotation(order, interpreter.now()));
    } else if (driven.end.again) {
      await interpreter.followed?.({ end: driven.end, rotation: reached });
      const once = { ...order, token: nextToken(order.token), policy: reached.state.policy };
      rotation = beginRotation(once, interpreter.now());
    } else return { end: driven.end, rotation: reached };
  }
}

function driveOn({ order, state }: Rotation, interpreter: RotationInterpreter): Promise<Driven> {
  return drive(state, {
    now: () => interpreter.now(),
    execute: (command, reached) => interpreter.execute(command, reached),
    events: () => interpreter.events(),
    checkpoint: async (reached) => interpreter.checkpoint?.({ order, state: reached }),
    ...(interpreter.carryOn && { carryOn: interpreter.carryOn }),
  });
}

/** A record is finished only by who means the same accounts; null: so do we. Our own is held where another head took it over. */
function refusal(order: RotationOrder, held: RotationRecord, found: number): End | null {
  if (held.token === order.token) return carriedOnElsewhere;
  if (found > maxFound) return stillHeld('held');
  return held.descriptorDigest === order.plan.descriptorDigest ? null : stillHeld('misconfigured');
}

/**
 * A record that could not be brought to its end. Under `forward` it is closed as it is: whatever it kept stays held and
 * becomes what the next rotation must kill. Otherwise, and where an account is suspended, a person decides.
 */
async function close({ order, state }: Rotation, end: End, interpreter: RotationInterpreter): Promise<boolean> {
  const isForward = order.policy === 'forward' || state.joined !== null;
  if (!isForward || state.record === null || state.record.suspended.length > 0) return false;
  const quiet = Math.max(...targetIds(state).map((id) => settledAt(state, id)));
  if (interpreter.now() < quiet) await interpreter.execute(pause(quiet), state);
  const finish = { do: 'finish', end: end.state, gone: goneFrom(state), refusals: lastingRefusals(state) } as const;
  return (await interpreter.execute(finish, state)).outcome.ok;
}

function pause(until: Instant): Command {
  return { do: 'wait', until, why: 'quiet', asks: [] };
}

/** Nothing of ours was done; what the record found says is still true. */
function stillHeld(reason: 'held' | 'misconfigured'): End {
  const flags = { exposed: true, stale: [], unsaved: [] };
  return { state: 'untouched', reason, flags, open: true, again: false };
}

/** What people and incidents said to one holds for the other. */
function carried(said: RotationState, to: Rotation): Rotation {
  const { state } = to;
  const joined = said.joined === null ? state : foldEvent(state, { event: 'join', join: said.joined });
  return { ...to, state: said.cancelled ? foldEvent(joined, { event: 'cancel' }) : joined };
}

/** A further rotation by the same order: its token, turned by the 8 characters that name versions. */
function nextToken(token: string): string {
  return token.slice(8) + token.slice(0, 8);
}
