import {
  ApplicationFailure,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { DueActivities, DuePage, DueRow } from '../activities/due/dueActivities.js';
import type { RecordResult } from '../activities/recordResult.js';
import type { EndState } from '../model/endStates.js';
import { errorCodes } from '../model/errors.js';
import type { CredentialId } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { DueResult, DueSoFar, NotRotated, RotateDueInput } from './dueMessages.js';
import { duePage } from './duePage.js';
import { attempt } from './failures.js';
import { incidentActivityOptions, lookActivityOptions } from './incidentActivityOptions.js';
import { type RotationResult, reportSignal } from './messages.js';
import { type ChildOrder, startRotationChild, unknownEnd } from './rotationChild.js';
import { RotationWindow, type Windowed } from './rotationWindow.js';

/** Scheduled rotations of one look that are under way together: there is no hurry. */
const windowSize = 8;

/** So many must have gone wrong before a share of them means anything: one bad credential stops no schedule (H35). */
const haltFloor = 5;

/** Listed in the result; beyond that they are counted. */
const listed = 100;

/** Ends that may have broken something, beside those that left everything as it was. */
const harmful: readonly EndState[] = ['rolledBack', 'disabled', 'unverified', 'lost'];

const look = proxyActivities<DueActivities>(lookActivityOptions);
const store = proxyActivities<RecordResult>(incidentActivityOptions);

/**
 * One look at what is due with a vendor, and its rotation, policy `restore`. A credential's failure is a result. The look
 * itself fails when nobody can say what is due, and when so many rotations went wrong that a person must look first.
 */
export async function rotateDue(input: RotateDueInput): Promise<DueResult> {
  const due = new Look(input);
  setHandler(reportSignal, (report) => {
    if (report.kind === 'parked') due.park(report.credential);
  });
  const page = await due.nextPage();
  await due.walk(page);
  if (page.next === null) return due.result();
  return continueAsNew<typeof rotateDue>({ ...input, from: due.carry(page.next) });
}

interface Due extends Windowed {
  readonly order: ChildOrder;
}

class Look {
  readonly #input: RotateDueInput;
  readonly #window = new RotationWindow<Due>(windowSize);
  #soFar: DueSoFar;
  #isHalted = false;

  constructor(input: RotateDueInput) {
    this.#input = input;
    this.#soFar = input.from ?? nothingYet(scheduledTime());
  }

  park(credential: CredentialId): void {
    this.#window.park(credential);
    this.#show();
  }

  async nextPage(): Promise<DuePage> {
    const { vendor, everyDays } = this.#input;
    const { at, after } = this.#soFar;
    const asked = await attempt(() => look.listDue({ vendor, everyDays, at, after, attempt: workflowInfo().attempt }));
    if (!asked.ok)
      throw failure(
        'Inventory',
        `what is due with ${vendor} could not be found: ${errorCodes[asked.code].meaning}; nothing more was started. Correct that, then relock schedule resume.`,
      );
    const page = asked.value;
    const { looked, due } = this.#soFar;
    this.#note({ looked: looked + page.looked, due: due + page.rows.length + page.skipped.length });
    for (const { credential, reason } of page.skipped) this.#skip({ credential, state: 'skipped', reason });
    return page;
  }

  /** Rotates what is due on this page; returns when each has ended or is parked. */
  async walk({ rows, haltAtFailedPercent }: DuePage): Promise<void> {
    await this.#window.walk(rows.map(dueOf), {
      isStopped: () => this.#isHalted,
      isOpen: () => true,
      start: (due) => this.#start(due, haltAtFailedPercent),
    });
    const { parked } = this.#window;
    this.#note({ parked: this.#soFar.parked + parked.length });
    for (const credential of parked) this.#list({ credential, state: 'parked', reason: null });
    if (this.#isHalted)
      throw failure(
        'Halted',
        `too many scheduled rotations with ${this.#input.vendor} went wrong: ${this.#harmed()} of ${this.#ended()}; no further one was started. See relock credentials --state, finish what is open with relock recover, then relock schedule resume.`,
      );
  }

  carry(after: CredentialId): DueSoFar {
    return { ...this.#soFar, after };
  }

  result(): DueResult {
    const { vendor, everyDays } = this.#input;
    const { after: _after, ...counts } = this.#soFar;
    return { vendor, everyDays, ...counts };
  }

  async #start(due: Due, haltAtFailedPercent: number): Promise<void> {
    const child = await startRotationChild(due.order);
    if (child === 'held') {
      this.#window.leave(due.credential);
      this.#skip({ credential: due.credential, state: 'skipped', reason: 'running' });
      return;
    }
    void child
      .result()
      .catch(() => lose(due.order))
      .then((result) => this.#end(result, haltAtFailedPercent));
  }

  #end(result: RotationResult, haltAtFailedPercent: number): void {
    const { credential, state, reason } = result;
    this.#window.leave(credential);
    const { ends } = this.#soFar;
    this.#note({ ends: { ...ends, [state]: (ends[state] ?? 0) + 1 } });
    if (state !== 'rotated') this.#list({ credential, state, reason });
    const harmed = this.#harmed();
    this.#isHalted = harmed >= haltFloor && harmed * 100 > this.#ended() * haltAtFailedPercent;
  }

  #harmed(): number {
    return harmful.reduce((sum, state) => sum + (this.#soFar.ends[state] ?? 0), 0);
  }

  #ended(): number {
    return Object.values(this.#soFar.ends).reduce((sum, count) => sum + count, 0);
  }

  #skip(left: NotRotated): void {
    this.#note({ skipped: this.#soFar.skipped + 1 });
    this.#list(left);
  }

  #list(left: NotRotated): void {
    const { notRotated } = this.#soFar;
    if (notRotated.length < listed) this.#note({ notRotated: [...notRotated, left] });
  }

  #note(change: Partial<DueSoFar>): void {
    this.#soFar = { ...this.#soFar, ...change };
    this.#show();
  }

  #show(): void {
    setCurrentDetails(duePage(this.#input, this.#soFar, this.#window.running));
  }
}

function nothingYet(at: Instant): DueSoFar {
  return { at, after: null, looked: 0, due: 0, ends: {}, parked: 0, skipped: 0, notRotated: [] };
}

/** What the schedule says, also when this was reset or began late. */
function scheduledTime(): Instant {
  const { typedSearchAttributes, startTime } = workflowInfo();
  const said = typedSearchAttributes.getAll().find(({ key }) => key.name === 'TemporalScheduledStartTime')?.value;
  return (said instanceof Date ? said : startTime).getTime();
}

function dueOf({ plan, token, locks }: DueRow): Due {
  return { credential: plan.credential, locks, order: { order: { plan, token, policy: 'restore' }, incident: null } };
}

async function lose(order: ChildOrder): Promise<RotationResult> {
  const result = unknownEnd(order);
  await store.recordResult(result);
  return result;
}

function failure(type: 'Inventory' | 'Halted', message: string): ApplicationFailure {
  const failed = ApplicationFailure.create({ message, type, nonRetryable: true });
  failed.stack = '';
  return failed;
}
