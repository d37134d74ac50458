import type { Reason } from '../model/endStates.js';
import type { RotationOrder } from '../model/plan.js';
import type { RotationRecord } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { End } from './commands.js';
import { drive, type Interpreter, orderFor } from './drive.js';
import { foldEvent } from './fold.js';
import { begin, type RotationState } from './state.js';

/** What was ordered, and where it stands. While a record found is finished first, the state is that record's. */
export interface Rotation {
  readonly order: RotationOrder;
  readonly state: RotationState;
}

export interface RotationInterpreter extends Omit<Interpreter, 'checkpoint'> {
  /** As `Interpreter.checkpoint`, with all that is needed to go on later. */
  checkpoint?(rotation: Rotation): Promise<void>;
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
 * Carries an order out to its end. A record that somebody left open is finished first, by its own token and policy; a
 * candidate that turned out older than an incident's clean point is rotated once more.
 */
export async function rotate(from: Rotation, interpreter: RotationInterpreter): Promise<Rotated> {
  let rotation = from;
  let found = 0;
  for (;;) {
    const { order } = rotation;
    const checkpoint = async (state: RotationState) => interpreter.checkpoint?.({ order, state });
    const driven = await drive(rotation.state, { ...hands(interpreter), checkpoint });
    const { state } = driven;
    if ('held' in driven) {
      found += 1;
      const why = refusalOf(order, driven.held, found);
      if (why !== null) return { end: stillHeld(why), rotation: { order, state } };
      rotation = { order, state: carry(state, begin(orderFor(driven.held, order.plan), interpreter.now())) };
    } else if (state.order.token !== order.token) {
      if (driven.end.open) return { end: stillHeld('held'), rotation: { order, state } };
      rotation = { order, state: carry(state, begin(order, interpreter.now())) };
    } else if (driven.end.again) {
      rotation = beginRotation({ ...order, token: nextToken(order.token), policy: state.policy }, interpreter.now());
    } else return { end: driven.end, rotation: { order, state } };
  }
}

function hands(interpreter: RotationInterpreter): Interpreter {
  return {
    now: () => interpreter.now(),
    execute: (command, state) => interpreter.execute(command, state),
    events: () => interpreter.events(),
  };
}

/** A record is finished only by who means the same accounts. */
function refusalOf(order: RotationOrder, held: RotationRecord, found: number): Reason | null {
  if (held.descriptorDigest !== order.plan.descriptorDigest) return 'misconfigured';
  return found > maxFound ? 'held' : null;
}

/** Nothing of ours was done; what the record found says is still true. */
function stillHeld(reason: Reason): End {
  return {
    state: 'untouched',
    reason,
    flags: { exposed: true, stale: [], unsaved: [] },
    open: true,
    again: false,
  };
}

/** What people and incidents said to one holds for the other. */
function carry(said: RotationState, to: RotationState): RotationState {
  const joined = said.joined === null ? to : foldEvent(to, { event: 'join', join: said.joined });
  return said.cancelled ? foldEvent(joined, { event: 'cancel' }) : joined;
}

/** A further rotation by the same order: its token, turned by the 8 characters that name versions. */
function nextToken(token: string): string {
  return token.slice(8) + token.slice(0, 8);
}
