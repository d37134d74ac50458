import {
  ApplicationFailure,
  CancellationScope,
  ContinueAsNew,
  condition,
  continueAsNew,
  log,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Reason } from '../model/endStates.js';
import { type Command, type CommandOf, type End, isParked, type Outcome } from '../protocol/commands.js';
import { observe } from '../protocol/observe.js';
import { unlessOvertaken } from '../protocol/overtaken.js';
import { beginRotation, type Rotation, type RotationInterpreter, rotate } from '../protocol/rotate.js';
import type { RotationState } from '../protocol/state.js';
import { type Stretch, type Stride, sentUntil } from '../protocol/stretch.js';
import { trailOf } from '../protocol/trail.js';
import { progressQuery, type RotateCredentialInput, type RotationResult } from './messages.js';
import { carryOn, rotationHands } from './rotationHands.js';
import { openInbox, type RotationInbox } from './rotationInbox.js';
import { endedPage, rotationPage } from './rotationPage.js';
import { closeWith, closingOf, keepFollowed, report } from './rotationReports.js';
import { PhaseTimes } from './rotationSinks.js';

/** Up to so many targets all that a rotation knows goes with its steps, several in one activity; beyond, each step goes alone. */
const fewTargets = 8;

/**
 * One rotation of one credential, by the protocol. Its id, `rotate/<credential>`, is the lock. A cancellation request is
 * an event for the protocol: the workflow goes on until it can say how it ended, and then completes.
 */
export async function rotateCredential(input: RotateCredentialInput): Promise<RotationResult> {
  const run = new Run(input);
  return CancellationScope.nonCancellable(() => run.toItsEnd());
}

class Run {
  readonly #input: RotateCredentialInput;
  readonly #inbox: RotationInbox;
  readonly #startedAt: number;
  readonly #times = new PhaseTimes();
  #rotation: Rotation;
  /** What it waits for, while it does. */
  #waiting: Reason | null = null;
  #reported: Reason | null;
  #woke = false;

  constructor(input: RotateCredentialInput) {
    this.#input = input;
    this.#startedAt = input.from?.startedAt ?? Date.now();
    this.#reported = input.from?.parked ?? null;
    this.#rotation =
      input.from === null ? beginRotation(input.order, Date.now()) : { order: input.order, state: input.from.state };
    this.#inbox = openInbox(() => this.#rotation.order.token, input.approval ?? null);
    setHandler(progressQuery, () => this.#progress(), { description: 'Where the rotation stands.' });
  }

  async toItsEnd(): Promise<RotationResult> {
    try {
      this.#show();
      const interpreter = this.#interpreter();
      const rotated = await rotate(this.#rotation, interpreter);
      this.#inbox.close();
      this.#times.tell(trailOf(rotated.rotation.state));
      const end = await unlessOvertaken(rotated, interpreter);
      setCurrentDetails(endedPage(rotated.rotation.state, end));
      return await closeWith(closingOf(this.#input, this.#startedAt, rotated.rotation, end), this.#input.reportTo);
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error;
      throw await this.#broken(error);
    }
  }

  #interpreter(): RotationInterpreter {
    return {
      now: Date.now,
      events: () => this.#inbox.take(),
      execute: (command, state) =>
        observe(
          command,
          rotationHands(state, this.#inbox.approval, (wait) => this.#wait(wait)),
          Date.now,
        ),
      ...(this.#input.order.plan.targets.length <= fewTargets && {
        carryOn: (command: Command, state: RotationState) => this.#carryOn({ command, state }),
      }),
      checkpoint: (rotation) => this.#checkpoint(rotation),
      followed: (rotated) => keepFollowed(this.#input, this.#startedAt, rotated),
    };
  }

  /** After a loss nothing is done until nothing of what was lost can still happen. */
  async #carryOn(stretch: Stretch): Promise<readonly Stride[] | 'lost'> {
    const strides = await carryOn(stretch, this.#inbox.approval);
    const until = strides === 'lost' ? sentUntil(stretch, Date.now()) : null;
    if (until !== null) await sleep(Math.max(1, until - Date.now()));
    return strides;
  }

  async #checkpoint(rotation: Rotation): Promise<void> {
    this.#rotation = rotation;
    this.#show();
    const due = this.#woke || workflowInfo().continueAsNewSuggested;
    if (!due || this.#inbox.hasEvents) return;
    const from = { state: rotation.state, startedAt: this.#startedAt, parked: this.#reported };
    await continueAsNew<typeof rotateCredential>({
      ...this.#input,
      approval: this.#inbox.approval,
      order: rotation.order,
      from,
    });
  }

  async #wait({ until, why }: CommandOf<'wait'>): Promise<Outcome<null>> {
    if (isParked(why)) await this.#park(why);
    await condition(() => this.#inbox.hasEvents, Math.max(1, until - Date.now()));
    this.#waiting = null;
    return { ok: true, value: null };
  }

  /** Waiting may take long: the wave is told once, and the next run of this workflow begins with a short history. */
  async #park(why: Reason): Promise<void> {
    this.#waiting = why;
    this.#woke = true;
    this.#show();
    if (this.#reported === why) return;
    this.#reported = why;
    const { credential } = this.#input.order.plan;
    await report(this.#input.reportTo, { kind: 'parked', credential, reason: why });
  }

  /** A rule of relock's own is broken: nothing is known for certain, so that is what is recorded, and the workflow fails for all to see. */
  async #broken(error: unknown): Promise<ApplicationFailure> {
    this.#inbox.close();
    const message = error instanceof Error ? error.message : 'an unknown error';
    log.error('relock broke one of its own rules; please report this', { message });
    const flags = { exposed: true, stale: [], unsaved: [] };
    const end: End = { state: 'unverified', reason: 'bug', flags, open: true, again: false };
    await closeWith(closingOf(this.#input, this.#startedAt, this.#rotation, end), this.#input.reportTo);
    const told = `relock broke one of its own rules in phase ${this.#rotation.state.phase}: ${message}. What was held is still held; finish with relock recover, and report this.`;
    const failure = ApplicationFailure.create({ message: told, type: 'Bug', nonRetryable: true });
    failure.stack = '';
    return failure;
  }

  #progress() {
    const { state, order } = this.#rotation;
    return { credential: order.plan.credential, phase: state.phase, parked: this.#waiting };
  }

  #show(): void {
    this.#times.tell(trailOf(this.#rotation.state));
    setCurrentDetails(rotationPage(this.#rotation.state, this.#waiting));
  }
}
