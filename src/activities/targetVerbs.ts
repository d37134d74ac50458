import type { CallContext, EffectContext } from '../contracts/context.js';
import type { Login, TargetDriver } from '../contracts/targetDriver.js';
import { DriverError } from '../model/errors.js';
import type { Probed } from '../model/probe.js';
import type { RecordChange, TargetId, VersionId } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { CommandOf, LoginAs, Results } from '../protocol/commands.js';
import { carrierOf, type RotationRef, type Verbs } from '../protocol/verbs.js';
import type { Secret } from '../secret/secret.js';
import { callWithin } from './clock.js';
import { ownedCurrent } from './copies.js';
import { atVault } from './effects.js';
import { loginFor } from './login.js';
import { type Resolved, resolve } from './resolve.js';
import type { RotationDeps } from './rotation.js';

type TargetVerb = 'probe' | 'capture' | 'change' | 'revert' | 'confirm' | 'retire' | 'endSessions' | 'suspend';

type Answer = Omit<Results['probe'], 'vantage'>;

/** Verbs that a target hears of. Each reads what it needs from the vault, writes the record, then makes one call. */
export function createTargetVerbs(deps: RotationDeps): Pick<Verbs, TargetVerb> {
  return {
    probe: (rotation, command) => probe(deps, rotation, command),
    capture: (rotation, command) => capture(deps, rotation, command),
    async change(rotation, command) {
      const step = await prepare(deps, rotation, command);
      const next = await step.version(command.version);
      const replacing = command.replacing === null ? undefined : await step.version(command.replacing);
      await step.say(command.write);
      await need(step.driver.change, step, 'change').call(
        step.driver,
        step.account,
        step.via,
        next,
        step.effect,
        replacing,
      );
      return null;
    },
    revert: (rotation, command) => revert(deps, rotation, command),
    async confirm(rotation, command) {
      const step = await prepare(deps, rotation, command);
      await step.say(command.write ?? {});
      await need(step.driver.confirm, step, 'confirm').call(step.driver, step.account, step.via, step.effect);
      return null;
    },
    async retire(rotation, command) {
      const step = await prepare(deps, rotation, command);
      const [old, current] = [await step.version(command.old), await step.version(command.current)];
      await requireUnused(step, old);
      await step.say(command.write);
      await need(step.driver.retire, step, 'retire').call(
        step.driver,
        step.account,
        step.via,
        old,
        current,
        step.effect,
      );
      return null;
    },
    async endSessions(rotation, command) {
      const step = await prepare(deps, rotation, command);
      await step.say(command.write ?? {});
      const started = { before: command.before };
      await need(step.driver.endSessions, step, 'end sessions').call(
        step.driver,
        step.account,
        step.via,
        started,
        step.effect,
      );
      return null;
    },
    async suspend(rotation, command) {
      const step = await prepare(deps, rotation, command);
      await step.say(command.write);
      await need(step.driver.suspend, step, 'suspend').call(step.driver, step.account, step.via, step.effect);
      return null;
    },
  };
}

async function probe(deps: RotationDeps, rotation: RotationRef, command: CommandOf<'probe'>) {
  const resolved = resolve(deps.estate, rotation);
  const { id, entry, driver } = resolved.target(command.target);
  const context = callWithin(deps.clock, deps.estate.timing.callMs);
  const secret = await atVault(() => readVersion(resolved, command.version, context));
  const { primary } = resolved;
  const { write, regained } = command;
  const note = (change: RecordChange) => primary.vault.note(primary.path, carrierOf(rotation), change, context);
  // Where refusals lock, who does not carry the record any more must not spend one: nothing to write is a look at it.
  if (write !== null || regained !== undefined) await atVault(() => note(write ?? {}));
  const { account } = resolved.entry;
  const login = await driver.probe(account, secret, callWithin(deps.clock, deps.estate.timing.probeMs));
  const isIn = login.answer === 'accepted';
  const said: Answer = isIn && command.foresee === true ? await foreseen(deps, driver, account, secret) : login;
  if (isIn && regained !== undefined && said.counted === undefined) await note(regained).catch(countsOneTooMany);
  const vantage = `${deps.vantage}/${entry.bound.realm}/${id}`;
  if (isIn || !command.explain) return { ...said, vantage };
  const obstacle = await obstacleAt(deps, resolved, command.target, rotation.token);
  return obstacle === null ? { ...said, vantage } : { ...barredBy(obstacle, said), vantage };
}

/** Let in just now: whether it could change itself there. That takes another login, and one without an answer may be a refusal. */
async function foreseen(deps: RotationDeps, driver: TargetDriver, account: string, secret: Secret): Promise<Answer> {
  try {
    const context = callWithin(deps.clock, deps.estate.timing.callMs);
    const because = (await driver.obstacle?.(account, { as: 'self', account, secret }, context)) ?? null;
    return because === null ? { answer: 'accepted' } : { answer: 'accepted', because, hindered: true };
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    return { answer: 'accepted', counted: 'unknown' };
  }
}

/** A refusal that has another cause says nothing of the secret; where refusals are counted it was one all the same. */
function barredBy(because: string, { answer }: Probed) {
  const isCounted = answer === 'rejected' || answer === 'unknown';
  return { answer: 'barred', because, ...(isCounted && { counted: answer }) } as const;
}

/** What keeps the account out there, as management sees it; null: nothing is known to, or it cannot be asked now. */
async function obstacleAt(
  deps: RotationDeps,
  resolved: Resolved,
  target: TargetId,
  token: string,
): Promise<string | null> {
  const { driver } = resolved.target(target);
  if (driver.obstacle === undefined) return null;
  const context = callWithin(deps.clock, deps.estate.timing.callMs);
  try {
    const via = await loginFor(deps, resolved, target, { as: 'management' }, token, context);
    return await driver.obstacle(resolved.entry.account, via, context);
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    return null;
  }
}

/** What the login showed is known all the same; the record is only more careful than it need be. */
function countsOneTooMany(error: unknown): void {
  if (!(error instanceof DriverError)) throw error;
}

async function capture(deps: RotationDeps, rotation: RotationRef, command: CommandOf<'capture'>) {
  const step = await prepare(deps, rotation, { ...command, notAfter: deps.clock.now() });
  const current = await step.version(command.current);
  await step.say(command.write ?? {});
  const taken = await need(step.driver.capture, step, 'capture').call(
    step.driver,
    step.account,
    step.via,
    current,
    step.effect,
  );
  const { primary } = step.resolved;
  const hold = { role: 'capture', target: command.target, secret: taken } as const;
  return { record: await atVault(() => primary.vault.hold(primary.path, carrierOf(rotation), hold, step.effect)) };
}

/** Undo by what was captured, or by setting the old secret again: whichever the driver declares. */
async function revert(deps: RotationDeps, rotation: RotationRef, command: CommandOf<'revert'>): Promise<null> {
  const step = await prepare(deps, rotation, command);
  const back = await step.version(command.version);
  const { record } = await atVault(() => step.resolved.primary.vault.state(step.resolved.primary.path, step.effect));
  const candidate = record?.candidate == null ? undefined : await step.version(record.candidate);
  if (candidate !== undefined) await requireUnused(step, candidate);
  await step.say(command.write);
  if (step.driver.capabilities.undo === 'capture' && candidate !== undefined) {
    await need(step.driver.revert, step, 'revert').call(
      step.driver,
      step.account,
      step.via,
      back,
      candidate,
      step.effect,
    );
    return null;
  }
  await need(step.driver.change, step, 'change').call(
    step.driver,
    step.account,
    step.via,
    back,
    step.effect,
    candidate,
  );
  return null;
}

/** Whatever the head believes, what readers get now is never taken out. */
async function requireUnused(step: TargetStep, version: Secret): Promise<void> {
  const { primary, ownedFields } = step.resolved;
  const readers = await atVault(() => ownedCurrent(primary, ownedFields, step.effect));
  if (readers === null || !readers.equals(version, ownedFields)) return;
  throw new DriverError({
    code: 'Conflict',
    effect: 'none',
    driver: 'relock',
    subject: step.target,
    message: `readers of ${primary.ref} get the very secret that was to be taken out of ${step.target}; nothing was changed there. Somebody else carried this rotation on: look at how it stands.`,
  });
}

interface TargetStep {
  readonly resolved: Resolved;
  readonly target: TargetId;
  readonly driver: TargetDriver;
  readonly account: string;
  readonly via: Login;
  readonly effect: EffectContext;
  version(version: VersionId): Promise<Secret>;
  /** Writes the record: what may happen next is known before it happens. Nothing happens by who does not carry it any more. */
  say(write: RecordChange): Promise<void>;
}

async function prepare(
  deps: RotationDeps,
  rotation: RotationRef,
  command: { readonly target: TargetId; readonly login: LoginAs; readonly notAfter: Instant },
): Promise<TargetStep> {
  const resolved = resolve(deps.estate, rotation);
  const { driver } = resolved.target(command.target);
  const context = callWithin(deps.clock, deps.estate.timing.callMs);
  const via = await loginFor(deps, resolved, command.target, command.login, rotation.token, context);
  const { primary, entry } = resolved;
  return {
    resolved,
    target: command.target,
    driver,
    account: entry.account,
    via,
    effect: { ...context, notAfter: command.notAfter },
    version: (version) => atVault(() => readVersion(resolved, version, context)),
    async say(write) {
      await atVault(() => primary.vault.note(primary.path, carrierOf(rotation), write, context));
    },
  };
}

function readVersion({ primary }: Resolved, version: VersionId, context: CallContext): Promise<Secret> {
  return primary.vault.read(primary.path, version, context);
}

function need<Call>(call: Call | undefined, step: TargetStep, what: string): Call {
  if (call !== undefined) return call;
  throw new DriverError({
    code: 'Unsupported',
    effect: 'none',
    driver: 'relock',
    subject: step.target,
    message: `the driver of ${step.target} cannot ${what}; nothing was changed there. Please report this: the plan should not have asked for it.`,
  });
}
