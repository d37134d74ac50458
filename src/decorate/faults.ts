import type { TargetDriver } from '../contracts/targetDriver.js';
import type { DocumentStore } from '../ledger/documentStore.js';
import { DriverError, type Effect, type ErrorCode } from '../model/errors.js';
import type { Millis } from '../model/time.js';

/**
 * What goes wrong with one call.
 * - `refused`: no connection; nothing was sent.
 * - `dropped`: it was sent and never arrived.
 * - `deaf`: it was done, the reply was lost.
 * - `hung`: nothing is heard for so long; it was not done.
 * - `lied`: it says yes and does nothing.
 * - `late`: nothing is heard; the hand that does it sleeps so long and then goes on.
 * - `queued`: nothing is heard; it arrived, and is done so much later.
 * - `lazy`: it arrived, the answer is yes, and it is done so much later.
 */
export type Fault =
  | { readonly kind: 'refused' | 'dropped' | 'deaf' | 'lied' }
  | { readonly kind: 'hung' | 'late' | 'queued' | 'lazy'; readonly forMs: Millis };

export type DelayedFault = Extract<Fault, { readonly forMs: Millis }>;

export interface FaultyCall {
  /** A target's id, or `<driver>/<place>/<path>` of a vault's document. */
  readonly subject: string;
  readonly verb: string;
}

/** Decides what goes wrong, and has the time in its hands. */
export interface Faults {
  /** Asked before each call. It may throw, to end the process that makes the call. */
  before(call: FaultyCall): Promise<Fault | null>;
  /** Told when the call was carried out, before its caller hears of it. It may throw. */
  after(call: FaultyCall): Promise<void>;
  sleep(forMs: Millis): Promise<void>;
  later(call: FaultyCall, fault: DelayedFault, act: () => Promise<void>): void;
}

interface Step<Value> {
  readonly call: FaultyCall;
  /** The call may change something there. */
  readonly changes: boolean;
  readonly perform: () => Promise<Value>;
  /** What a lie says; null: this call cannot lie, it fails instead. */
  readonly lie: { readonly says: Value } | null;
}

async function run<Value>(faults: Faults, step: Step<Value>): Promise<Value> {
  const fault = await faults.before(step.call);
  if (fault === null) {
    const value = await step.perform();
    await faults.after(step.call);
    return value;
  }
  return fail(faults, fault, step);
}

async function fail<Value>(faults: Faults, fault: Fault, step: Step<Value>): Promise<Value> {
  const { call, changes, perform, lie } = step;
  if (fault.kind === 'refused') throw failure(call, 'Unreachable', 'none');
  if (fault.kind === 'hung') await faults.sleep(fault.forMs);
  if (fault.kind === 'deaf') {
    await perform();
    await faults.after(call);
  }
  const isLate = fault.kind === 'late' || fault.kind === 'queued' || fault.kind === 'lazy';
  if (changes && isLate) faults.later(call, fault, async () => void (await perform().catch(ignored)));
  if (lie !== null && (fault.kind === 'lied' || fault.kind === 'lazy')) return lie.says;
  throw failure(call, 'Timeout', changes ? 'unknown' : 'none');
}

/** Nobody hears what becomes of a late effect. */
function ignored(error: unknown): void {
  if (!(error instanceof DriverError)) throw error;
}

function failure({ subject, verb }: FaultyCall, code: ErrorCode, effect: Effect): DriverError {
  const known = effect === 'none' ? 'nothing was changed' : 'whether it was done is not known';
  const message = `${verb} at ${subject} failed by a fault put in on purpose; ${known}. Take the faults out to go on.`;
  return new DriverError({ code, effect, driver: 'faults', subject, message });
}

/** A target that fails when it is told to. A probe whose answer is lost says `unknown`. */
export function withTargetFaults(inner: TargetDriver, subject: string, faults: Faults): TargetDriver {
  const changing = <Args extends unknown[]>(verb: string, call: ((...args: Args) => Promise<void>) | undefined) =>
    call === undefined
      ? {}
      : {
          [verb]: (...args: Args) =>
            run(faults, {
              call: { subject, verb },
              changes: true,
              perform: () => call.apply(inner, args),
              lie: { says: undefined },
            }),
        };
  const asking = <Args extends unknown[], Value>(
    verb: string,
    changes: boolean,
    call: ((...args: Args) => Promise<Value>) | undefined,
  ) =>
    call === undefined
      ? {}
      : {
          [verb]: (...args: Args) =>
            run(faults, { call: { subject, verb }, changes, perform: () => call.apply(inner, args), lie: null }),
        };
  return {
    capabilities: inner.capabilities,
    check: (...args) => inner.check(...args),
    probe: async (...args) => {
      const perform = () => inner.probe(...args);
      try {
        return await run(faults, { call: { subject, verb: 'probe' }, changes: false, perform, lie: null });
      } catch (error) {
        if (error instanceof DriverError && error.code === 'Timeout') return { answer: 'unknown' };
        throw error;
      }
    },
    ...asking('make', true, inner.make),
    ...asking('obstacle', false, inner.obstacle),
    ...asking('enumerate', false, inner.enumerate),
    ...asking('capture', false, inner.capture),
    ...changing('change', inner.change),
    ...changing('dropSlot', inner.dropSlot),
    ...changing('revert', inner.revert),
    ...changing('retire', inner.retire),
    ...changing('confirm', inner.confirm),
    ...changing('endSessions', inner.endSessions),
    ...changing('suspend', inner.suspend),
    ...changing('reinstate', inner.reinstate),
  };
}

/** A vault's documents that fail when they are told to. They never lie, and write at once or not at all. */
export function withDocumentFaults(inner: DocumentStore, faults: Faults): DocumentStore {
  const call = (verb: string, place: string, path: string) => ({ verb, subject: `${inner.driver}/${place}/${path}` });
  return {
    driver: inner.driver,
    check: (...args) => inner.check(...args),
    list: (place, prefix, context) => {
      const perform = () => inner.list(place, prefix, context);
      return run(faults, { call: call('list', place, prefix), changes: false, perform, lie: null });
    },
    read: (place, path, context) => {
      const perform = () => inner.read(place, path, context);
      return run(faults, { call: call('read', place, path), changes: false, perform, lie: null });
    },
    write: (place, path, content, revision, context) => {
      const perform = () => inner.write(place, path, content, revision, context);
      return run(faults, { call: call('write', place, path), changes: true, perform, lie: null });
    },
  };
}
