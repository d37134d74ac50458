import type { EndState, Flags, Reason } from '../model/endStates.js';
import type { Effect, ErrorCode } from '../model/errors.js';
import type { Join } from '../model/plan.js';
import type { ProbeAnswer } from '../model/probe.js';
import type { Gone, RecordChange, Refusals, RotationRecord, SpentToken, TargetId, VersionId } from '../model/record.js';
import type { Instant } from '../model/time.js';

/** Who logs in for a step with an effect; `self` names a version that the target accepts. */
export type LoginAs = { readonly as: 'management' } | { readonly as: 'self'; readonly version: VersionId };

interface OnTarget {
  readonly target: TargetId;
  readonly login: LoginAs;
  /** Absolute; the last moment at which the effect may be sent. */
  readonly notAfter: Instant;
}

/** What the protocol asks of its interpreter. Everything in it is an id, a name or a time. */
export type Command =
  /** Create the record (or find it), hold what readers of every copy get now. */
  | { readonly do: 'open' }
  /** In a realm that locks accounts, what the record says: `write` before a login that may be refused, `regained` once it was accepted. */
  | {
      readonly do: 'probe';
      readonly target: TargetId;
      readonly version: VersionId;
      readonly write: RecordChange | null;
      readonly regained?: RecordChange;
      /** A refusal may have another cause than the secret: the management login looks whether it has. */
      readonly explain: boolean;
      /** The account is to change itself there: once let in, it looks whether it may. */
      readonly foresee?: true;
    }
  /** Make the candidate, keep it in the primary and in every copy that is not to be skipped. `notAfter` is for a target that makes it. */
  | { readonly do: 'stage'; readonly skip: readonly string[]; readonly notAfter: Instant }
  | {
      readonly do: 'capture';
      readonly target: TargetId;
      readonly current: VersionId;
      readonly login: LoginAs;
      readonly write?: RecordChange;
    }
  /** Write the record, then make the target accept the version. `replacing`: what works there now, where that is known. */
  | (OnTarget & {
      readonly do: 'change';
      readonly version: VersionId;
      readonly replacing: VersionId | null;
      readonly write: RecordChange;
    })
  | (OnTarget & { readonly do: 'revert'; readonly version: VersionId; readonly write: RecordChange })
  /** `write`, here and above: a login of the account itself is counted before it is made. */
  | (OnTarget & { readonly do: 'confirm'; readonly write?: RecordChange })
  | (OnTarget & {
      readonly do: 'retire';
      readonly old: VersionId;
      readonly current: VersionId;
      readonly write: RecordChange;
    })
  | (OnTarget & { readonly do: 'endSessions'; readonly before: Instant; readonly write?: RecordChange })
  | (OnTarget & { readonly do: 'suspend'; readonly write: RecordChange })
  /** Give readers of a copy the candidate. The primary's only if they still get `ifCurrent`; a stranger's value is held. */
  | { readonly do: 'promote'; readonly copy: string; readonly ifCurrent: VersionId | null }
  | { readonly do: 'note'; readonly write: RecordChange }
  /** Until then, or until an event comes. What these targets answered before does not count afterwards. */
  | {
      readonly do: 'wait';
      readonly until: Instant;
      readonly why: WaitReason;
      readonly asks: readonly TargetId[];
    }
  /** Write what is gone from where, close the record at every copy, primary last. */
  | { readonly do: 'finish'; readonly end: EndState; readonly gone: readonly Gone[]; readonly refusals: Refusals };

/** `quiet`: an effect may still arrive; `again`: ask once more; `soak`: one late look. A reason: parked, it may take long, the window slot goes back. */
export type WaitReason = 'quiet' | 'again' | 'soak' | Reason;

export function isParked(why: WaitReason): why is Reason {
  return why !== 'quiet' && why !== 'again' && why !== 'soak';
}

export type CommandName = Command['do'];
export type CommandOf<Name extends CommandName> = Extract<Command, { do: Name }>;

export type CopyState = 'agrees' | 'differs' | 'absent' | 'unavailable';

/** What a command gives when it did what it says. */
export interface Results {
  open:
    | {
        readonly kind: 'opened';
        readonly record: RotationRecord;
        readonly copies: Readonly<Record<string, CopyState>>;
        /** What stands in the way at a copy that is absent or unavailable, by its reference; no decision reads it. */
        readonly causes?: Readonly<Record<string, string>>;
      }
    | { readonly kind: 'held'; readonly record: RotationRecord }
    | { readonly kind: 'spent'; readonly spent: SpentToken };
  /** `vantage`: from where (worker's zone, method, address): a refusal counts only beside an acceptance from the same. */
  probe: {
    readonly answer: ProbeAnswer;
    readonly vantage: string;
    /** Why it decides nothing, or what stands in the way of a change, in relock's words; no decision reads it. */
    readonly because?: string;
    /** Let in, and seen that a change would be refused. */
    readonly hindered?: true;
    /**
     * What the target itself answered, where the management login saw another cause for it, or what the login after this one may
     * have been: it counts as such in the budget.
     */
    readonly counted?: Exclude<ProbeAnswer, 'accepted' | 'barred'>;
  };
  stage: { readonly record: RotationRecord; readonly unavailable: readonly string[] };
  capture: { readonly record: RotationRecord };
  change: null;
  revert: null;
  confirm: null;
  retire: null;
  endSessions: null;
  suspend: null;
  /** `stranger`: what somebody else wrote there, held by now; null: readers get the candidate. */
  promote: { readonly stranger: VersionId | null; readonly record: RotationRecord };
  note: { readonly record: RotationRecord };
  wait: null;
  /**
   * As which the record was closed; another interpreter may have been faster. `overwritten`: after readers had got the candidate,
   * somebody wrote another value there; absent in what earlier releases observed.
   */
  finish: { readonly end: EndState; readonly overwritten?: boolean };
}

export interface Failure {
  readonly code: ErrorCode;
  readonly effect: Effect;
  /** What happened and what to do, in relock's words, for people; absent: nothing more is known. No decision reads it. */
  readonly message?: string;
}

/** Messages travel through histories. */
const maxMessageChars = 800;

/** A message as a failure carries it: cut where it is too long, and seen to be. */
export function messageOf({ message }: { readonly message: string }): string {
  return message.length > maxMessageChars ? `${message.slice(0, maxMessageChars - 1)}…` : message;
}

export type Outcome<Value> = { readonly ok: true; readonly value: Value } | ({ readonly ok: false } & Failure);

/** A command together with what came of it. */
export type Observation = {
  [Name in CommandName]: {
    readonly of: Name;
    readonly command: CommandOf<Name>;
    readonly outcome: Outcome<Results[Name]>;
    /** When it was known. */
    readonly at: Instant;
  };
}[CommandName];

/** What people and other workflows say to a rotation under way. */
export type RotationEvent =
  | { readonly event: 'cancel' }
  | { readonly event: 'join'; readonly join: Join }
  /** Too few targets took the new secret: a person says whether readers get it all the same. */
  | { readonly event: 'decide'; readonly promote: boolean }
  | { readonly event: 'consumersMoved' }
  | { readonly event: 'supplied' };

export interface End {
  readonly state: EndState;
  readonly reason: Reason | null;
  readonly flags: Flags;
  /** The record is still open: more can be proven or undone later. */
  readonly open: boolean;
  /** The candidate is older than the incident's clean point: rotate once more. */
  readonly again: boolean;
}

/** Another rotation's record is open here; it must be finished first. */
export interface Held {
  readonly held: RotationRecord;
}

export type Step = { readonly commands: readonly Command[] } | { readonly end: End } | Held;
