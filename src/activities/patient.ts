import { setTimeout as delay } from 'node:timers/promises';
import type { Estate } from '../config/estate.js';
import type { VaultBackend } from '../contracts/vaultBackend.js';
import { DriverError, errorCodes } from '../model/errors.js';
import type { Verbs } from '../protocol/verbs.js';

/** Repeating a vault step converges; everything else is only asked again by the protocol. */
export function patient(verbs: Verbs): Verbs {
  return {
    ...verbs,
    open: retried(verbs.open),
    // Where the target makes the secret, an attempt of which nobody knows what it did is for the protocol to look at.
    stage: retried(verbs.stage, ({ effect }) => effect === 'none'),
    promote: retried(verbs.promote),
    note: retried(verbs.note),
    finish: retried(verbs.finish),
  };
}

/** Calls by which a step at a target finds out what it needs and says what it is about to do; each converges when repeated. */
const repeatable: ReadonlySet<string | symbol> = new Set<keyof VaultBackend>(['state', 'read', 'note', 'hold']);

/** These vaults for steps at targets, which themselves are never repeated: one that fails over must not end a wave. */
export function withPatientVaults(estate: Estate): Estate {
  return { ...estate, vaults: new Map([...estate.vaults].map(([name, vault]) => [name, patientVault(vault)])) };
}

function patientVault(vault: VaultBackend): VaultBackend {
  return new Proxy(vault, {
    get(inner, key) {
      const found: unknown = Reflect.get(inner, key, inner);
      if (typeof found !== 'function') return found;
      const call = (...args: unknown[]): unknown => Reflect.apply(found, inner, args);
      if (!repeatable.has(key)) return call;
      return (...args: unknown[]) =>
        retried(
          async () => call(...args),
          () => hasTime(args.at(-1)),
        )();
    },
  });
}

/** The last argument is the call's context: a call that begins past its deadline does nothing. */
function hasTime(context: unknown): boolean {
  if (typeof context !== 'object' || context === null || !('deadline' in context)) return false;
  return typeof context.deadline === 'number' && Date.now() < context.deadline;
}

/** After each failed try but the last: a vault that fails over is away for some seconds. */
const pausesMs = [1_000, 2_000, 4_000, 8_000];

function retried<Args extends unknown[], Value>(
  call: (...args: Args) => Promise<Value>,
  mayRepeat: (error: DriverError) => boolean = () => true,
): (...args: Args) => Promise<Value> {
  return async (...args) => {
    for (const pauseMs of pausesMs) {
      try {
        return await call(...args);
      } catch (error) {
        if (!(error instanceof DriverError) || !errorCodes[error.code].retry || !mayRepeat(error)) throw error;
      }
      await delay(pauseMs);
    }
    return call(...args);
  };
}
