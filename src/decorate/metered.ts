import { DriverError, type ErrorCode } from '../model/errors.js';

/** One call that a driver was asked for. All of it is from closed vocabularies. */
export interface MeteredCall {
  readonly side: 'vault' | 'target';
  /** Registered driver name. */
  readonly driver: string;
  /** The contract's method. */
  readonly call: string;
}

export interface CallMeter {
  /** `code`: null when the call returned. */
  called(call: MeteredCall, seconds: number, code: ErrorCode | null): void;
}

/** The driver, every call of which is timed. What it does, answers and throws stays as it is. */
export function metered<Driver extends object>(
  driver: Driver,
  about: Pick<MeteredCall, 'side' | 'driver'>,
  meter: CallMeter,
): Driver {
  return new Proxy(driver, {
    get(inner, key) {
      const found: unknown = Reflect.get(inner, key, inner);
      if (typeof found !== 'function' || typeof key !== 'string') return found;
      const call = { ...about, call: key };
      return (...args: unknown[]) => timed(() => Reflect.apply(found, inner, args), call, meter);
    },
  });
}

function timed(make: () => unknown, call: MeteredCall, meter: CallMeter): unknown {
  const startedAt = performance.now();
  const said = (code: ErrorCode | null) => meter.called(call, (performance.now() - startedAt) / 1000, code);
  const answer = make();
  if (!(answer instanceof Promise)) return answer;
  return answer.then(
    (value: unknown) => {
      said(null);
      return value;
    },
    (error: unknown) => {
      said(error instanceof DriverError ? error.code : 'Bug');
      throw error;
    },
  );
}
