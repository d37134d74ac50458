import { CancellationScope, setHandler } from '@temporalio/workflow';
import type { ApprovalRef } from '../model/approval.js';
import type { Join } from '../model/plan.js';
import type { RotationEvent } from '../protocol/commands.js';
import { consumersMovedSignal, decideSignal, joinUpdate, suppliedSignal } from './messages.js';
import { refusal } from './refusal.js';

/** What people and other workflows said to this rotation and the protocol has not heard yet. */
export class RotationInbox {
  #events: RotationEvent[] = [];
  #closed = false;
  #approval: ApprovalRef | null;

  constructor(approval: ApprovalRef | null) {
    this.#approval = approval;
  }

  /** What the rotation is done by: its own approval, or that of the incident which took it over. */
  get approval(): ApprovalRef | null {
    return this.#approval;
  }

  get hasEvents(): boolean {
    return this.#events.length > 0;
  }

  add(event: RotationEvent): void {
    this.#events.push(event);
  }

  join(join: Join): void {
    this.#approval = join.approval ?? this.#approval;
    this.add({ event: 'join', join });
  }

  take(): readonly RotationEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** The end is decided: nothing that comes now could still change it. */
  close(): void {
    this.#closed = true;
  }

  get isClosed(): boolean {
    return this.#closed;
  }
}

/** Listens to signals, updates and to the workflow's own cancellation. Call in the outermost scope. */
export function openInbox(token: () => string, approval: ApprovalRef | null): RotationInbox {
  const inbox = new RotationInbox(approval);
  CancellationScope.current().cancelRequested.catch(() => inbox.add({ event: 'cancel' }));
  setHandler(decideSignal, ({ promote }) => inbox.add({ event: 'decide', promote }), {
    description: 'Readers get the new secret although too few targets took it: {"promote": true}, or do not.',
  });
  setHandler(consumersMovedSignal, () => inbox.add({ event: 'consumersMoved' }), {
    description: 'Everybody who uses this credential has the new secret: the old one may be retired.',
  });
  setHandler(suppliedSignal, () => inbox.add({ event: 'supplied' }), {
    description: 'The value that was asked for is in the vault (sent by `relock supply`).',
  });
  setHandler(joinUpdate, (join: Join) => joined(inbox, token(), join), {
    description: 'Sent by an incident that takes this rotation over; not for people.',
    validator: (join: Join) => refuse(inbox, join),
  });
  return inbox;
}

function joined(inbox: RotationInbox, token: string, join: Join): { token: string } {
  inbox.join(join);
  return { token };
}

function refuse(inbox: RotationInbox, join: Join): void {
  if (inbox.isClosed) throw refusal('this rotation has ended and takes nothing over; start a new one');
  if (join.policy !== 'forward' || !Number.isFinite(join.cleanAfter))
    throw refusal('a join needs the policy "forward" and a time; nothing was changed');
}
