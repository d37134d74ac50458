import type { CallContext } from '../contracts/context.js';
import { DriverError } from '../model/errors.js';
import type { Instant, Millis } from '../model/time.js';

export interface Deadline {
  readonly ms: Millis;
  readonly signal: AbortSignal;
  readonly now: () => Instant;
}

/** A driver that stops as it must does so before this; one that does not is left behind. */
const graceMs = 1000;

interface Subject {
  readonly driver: string;
  readonly subject: string;
}

/** One call that ends in time, whatever the other side does. Throws `Timeout` for a driver that does not stop by itself. */
export async function withDeadline<Result>(
  deadline: Deadline,
  subject: Subject,
  call: (context: CallContext) => Promise<Result>,
): Promise<Result> {
  const signal = AbortSignal.any([deadline.signal, AbortSignal.timeout(deadline.ms)]);
  const done = new AbortController();
  try {
    return await Promise.race([
      call({ signal, deadline: deadline.now() + deadline.ms }),
      giveUp(signal, subject, done.signal),
    ]);
  } finally {
    done.abort();
  }
}

function giveUp(signal: AbortSignal, subject: Subject, done: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const later = () => {
      const timer = setTimeout(() => reject(silent(subject)), graceMs);
      done.addEventListener('abort', () => clearTimeout(timer), { once: true });
    };
    if (signal.aborted) later();
    else signal.addEventListener('abort', later, { once: true, signal: done });
  });
}

function silent(subject: Subject): DriverError {
  const message =
    'it gave no answer in time; nothing was changed. See whether it is up and reachable from here, then try again';
  return new DriverError({ code: 'Timeout', effect: 'none', ...subject, message });
}
