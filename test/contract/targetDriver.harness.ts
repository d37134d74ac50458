import { inspect } from 'node:util';
import { expect } from 'vitest';
import type { EffectContext } from '../../src/contracts/context.js';
import type { Login, TargetDriver } from '../../src/contracts/targetDriver.js';
import type { Capabilities } from '../../src/model/capabilities.js';
import { DriverError, type ErrorCode } from '../../src/model/errors.js';
import type { Secret } from '../../src/secret/secret.js';

/** A session of the account that was opened with none of relock's code. */
export interface OpenSession {
  alive(): Promise<boolean>;
  close(): Promise<void>;
}

/** One real target, or a fake that claims to be like one. `null`: this kind of target cannot have that. */
export interface TargetHarness {
  readonly driver: TargetDriver;
  readonly account: string;
  /** The account is as on the first day. Gives the secret that it accepts. */
  reset(): Promise<Secret>;
  /** Who makes changes, given what the account accepts now. */
  via(current: Secret): Login;
  /** The stronger login, for what no account may do to itself. */
  readonly management: Login | null;
  /** Never given before, and within the target's rules. */
  makeSecret(): Secret;
  /** A login with none of relock's code. */
  independentLogin(secret: Secret): Promise<'in' | 'refused' | 'unknown'>;
  /** Which fields are public and may be in messages. */
  readonly publicFields: readonly string[];
  /** Nothing listens there until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** The same driver, at an address that takes connections and never says a word. */
  readonly silent: TargetDriver | null;
  /** The same driver, with a pin that is not this server's. */
  readonly otherHostKey: TargetDriver | null;
  /** A value that the target's own rules refuse. */
  readonly refusedSecret: Secret | null;
  /** A management login that is refused there. */
  readonly wrongVia: Login | null;
  /** An account that does not exist; null where the driver cannot tell. */
  readonly missingAccount: string | null;
  /** Needed where `endsSessions`. */
  openSession?(secret: Secret): Promise<OpenSession>;
  /** Needed where `confirms`: off and on again. */
  powerCycle?(): Promise<void>;
  /** Needed where something happens by itself after a while. */
  elapse?(ms: number): Promise<void>;
}

/** What every case of the suite stands on: the account as on the first day. */
export interface Bench extends TargetHarness {
  readonly current: Secret;
}

export interface Subject {
  readonly capabilities: Capabilities;
  readonly bench: () => Bench;
}

export function effectContext(timeMs = 20_000, signal: AbortSignal = new AbortController().signal): EffectContext {
  const end = Date.now() + timeMs;
  return { signal, deadline: end, notAfter: end };
}

/** Time to talk, none to change anything. */
export function tooLate(): EffectContext {
  return { ...effectContext(), notAfter: Date.now() - 1 };
}

function everyRendering(error: DriverError): string {
  const shown = inspect(error, { depth: null, showHidden: true });
  return [shown, JSON.stringify(error), String(error), error.message, error.stack ?? ''].join('\n');
}

function leakOf(text: string, secrets: readonly Secret[], publicFields: readonly string[]): readonly string[] {
  const values = secrets.flatMap((secret) => Object.entries(secret.revealAll()));
  return values
    .filter(([name, value]) => !publicFields.includes(name) && value !== '' && text.includes(value))
    .map(([name]) => name);
}

/** The call must fail with that code and effect `none`, and its error must show none of these secrets in any rendering. */
export async function expectNoEffect(
  bench: Pick<TargetHarness, 'publicFields'>,
  call: Promise<unknown>,
  codes: readonly ErrorCode[],
  secrets: readonly Secret[],
): Promise<DriverError> {
  const error = await call.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DriverError)) throw new Error(`expected a DriverError, got ${inspect(error)}`);
  expect({ code: error.code, effect: error.effect, message: error.message }).toMatchObject({ effect: 'none' });
  expect(codes).toContain(error.code);
  expect(leakOf(everyRendering(error), secrets, bench.publicFields)).toEqual([]);
  expect('cause' in error).toBe(false);
  return error;
}

/** A verb that the capabilities promise. */
export function verb<Name extends keyof TargetDriver>(
  driver: TargetDriver,
  name: Name,
): NonNullable<TargetDriver[Name]> {
  const found = driver[name];
  if (found === undefined || found === null) throw new Error(`the capabilities promise ${name}, the driver has none`);
  return found;
}
