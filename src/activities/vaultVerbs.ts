import type { CallContext } from '../contracts/context.js';
import type { Closing } from '../contracts/vaultBackend.js';
import type { CopyProblem } from '../model/copyShape.js';
import { DriverError } from '../model/errors.js';
import type { Carrier, Opening, RotationRecord } from '../model/record.js';
import { candidateVersion } from '../model/versionNames.js';
import type { CommandOf, CopyState, Results } from '../protocol/commands.js';
import { carrierOf, type RotationRef, type Verbs } from '../protocol/verbs.js';
import type { Secret } from '../secret/secret.js';
import { callWithin } from './clock.js';
import { candidateOf, heldAs, holdOld, openSecondary, ownedCurrent } from './copies.js';
import { afterEffect } from './effects.js';
import { makeCandidate } from './makeCandidate.js';
import { promotePrimary, promoteSecondary } from './promote.js';
import { type Copy, type Resolved, resolve } from './resolve.js';
import type { RotationDeps } from './rotation.js';

type VaultVerb = 'open' | 'stage' | 'promote' | 'note' | 'finish';

/** Verbs that only vaults hear of (and, for issued secrets, the target that makes them). */
export function createVaultVerbs(deps: RotationDeps): Pick<Verbs, VaultVerb> {
  const { estate, clock } = deps;
  const context = () => callWithin(clock, estate.timing.callMs);
  return {
    open: (rotation) => open(resolve(estate, rotation), openingOf(deps, rotation), context()),
    stage: (rotation, command) => stage(deps, rotation, command, context()),
    async promote(rotation, command) {
      const resolved = resolve(estate, rotation);
      const isPrimary = command.copy === resolved.primary.ref;
      if (isPrimary) return promotePrimary(resolved, carrierOf(rotation), command.ifCurrent, context());
      return promoteSecondary(resolved, openingOf(deps, rotation), command, context());
    },
    async note(rotation, command) {
      const { primary } = resolve(estate, rotation);
      return { record: await primary.vault.note(primary.path, carrierOf(rotation), command.write, context()) };
    },
    finish: (rotation, command) => finish(deps, rotation, command, context()),
  };
}

export function openingOf(deps: RotationDeps, rotation: RotationRef): Opening {
  const { maker, ownedFields, targets } = resolve(deps.estate, rotation);
  const { credential, descriptorDigest, policy } = rotation;
  return {
    ...carrierOf(rotation),
    credential,
    descriptorDigest,
    policy,
    maker,
    ownedFields,
    targets,
    at: deps.clock.now(),
  };
}

async function open(resolved: Resolved, opening: Opening, context: CallContext): Promise<Results['open']> {
  const { primary, others } = resolved;
  if (others.length > 0) await requireFit(resolved, context);
  const opened = await primary.vault.open(primary.path, opening, context, resolved.expected);
  if (opened.kind !== 'opened') return opened;
  const copies: Record<string, CopyState> = { [primary.ref]: opened.record.base === null ? 'absent' : 'agrees' };
  const causes: Record<string, string> = {};
  let { record } = opened;
  for (const copy of others) {
    const found = await readCopy(copy, resolved.ownedFields, context);
    if (found instanceof DriverError) {
      copies[copy.ref] = 'unavailable';
      causes[copy.ref] = found.message;
    } else if (found === null) copies[copy.ref] = 'absent';
    else {
      record = await holdOld(resolved, opening, found, context);
      copies[copy.ref] = await compare(resolved, record, found, context);
    }
  }
  Object.assign(causes, await absencesOf(resolved, copies, context));
  return { kind: 'opened', record, copies, ...(Object.keys(causes).length > 0 && { causes }) };
}

/** The words of `relock check` for each copy whose readers get nothing, where nobody asked for a first adoption. */
async function absencesOf(
  { primary, others, expected }: Resolved,
  copies: Readonly<Record<string, CopyState>>,
  context: CallContext,
): Promise<Readonly<Record<string, string>>> {
  const absent = [primary, ...others].filter(({ ref }) => copies[ref] === 'absent');
  const found = absent.map(async ({ ref, path, vault }) => {
    const [problem] = await vault.problems(path, expected, context).catch(unlessUnfit);
    return problem === undefined ? [] : [[ref, problem.text] as const];
  });
  return Object.fromEntries((await Promise.all(found)).flat());
}

/** What other copies hold must be this credential's as well, before a record is opened; one that is open is carried on. */
async function requireFit({ primary, others, expected }: Resolved, context: CallContext): Promise<void> {
  if ((await primary.vault.state(primary.path, context)).record !== null) return;
  for (const { ref, path, vault } of others) {
    const problems = await vault.problems(path, expected, context).catch(unlessUnfit);
    const problem = problems.find(({ blocks }) => blocks);
    if (problem !== undefined) throw unfit(vault.driver, ref, problem.text);
  }
}

/** A copy that cannot be reached is `unavailable`, which is another matter. */
function unlessUnfit(error: unknown): readonly CopyProblem[] {
  if (error instanceof DriverError && error.code !== 'Misconfigured') return [];
  throw error;
}

function unfit(driver: string, subject: string, problem: string): DriverError {
  const message = `${subject}: ${problem}. Nothing was changed`;
  return new DriverError({ code: 'Misconfigured', effect: 'none', driver, subject, message });
}

/** What a secondary copy's readers get, beside the primary's; a value of its own is held by now, since a target may accept it. */
async function compare(
  resolved: Resolved,
  record: RotationRecord,
  value: Secret,
  context: CallContext,
): Promise<CopyState> {
  const version = await heldAs(resolved, record, value, context);
  return version === record.base || version === record.candidate ? 'agrees' : 'differs';
}

/** null: its readers get nothing; an error: nobody can tell now. */
async function readCopy(
  copy: Copy,
  ownedFields: readonly string[],
  context: CallContext,
): Promise<Secret | DriverError | null> {
  try {
    return await ownedCurrent(copy, ownedFields, context);
  } catch (error) {
    if (error instanceof DriverError) return error;
    throw error;
  }
}

async function stage(
  deps: RotationDeps,
  rotation: RotationRef,
  command: CommandOf<'stage'>,
  context: CallContext,
): Promise<Results['stage']> {
  const resolved = resolve(deps.estate, rotation);
  const make = await makeCandidate(deps, resolved, carrierOf(rotation), { ...context, notAfter: command.notAfter });
  let isMade = false;
  const makeOnce = async () => {
    const secret = await make();
    isMade = true;
    return secret;
  };
  const stageAll = () => stageEverywhere(resolved, openingOf(deps, rotation), command.skip, makeOnce, context);
  return stageAll().catch((error: unknown) => rethrow(error, isMade));
}

/** Once a target has made the value, whatever goes wrong leaves it there. */
function rethrow(error: unknown, isMade: boolean): Promise<never> {
  const failed = () => Promise.reject(error);
  return isMade ? afterEffect(failed) : failed();
}

async function stageEverywhere(
  { primary, others }: Resolved,
  opening: Opening,
  skip: readonly string[],
  make: () => Promise<Secret>,
  context: CallContext,
): Promise<Results['stage']> {
  const record = await primary.vault.stage(primary.path, opening, make, context);
  const unavailable = [...skip];
  const present = others.filter((each) => !skip.includes(each.ref));
  if (present.length === 0) return { record, unavailable };
  const candidate = await primary.vault.read(primary.path, candidateOf(record), context);
  for (const copy of present) {
    if (!(await stageCopy(copy, opening, candidate, context))) unavailable.push(copy.ref);
  }
  return { record, unavailable };
}

async function stageCopy(copy: Copy, opening: Opening, candidate: Secret, context: CallContext): Promise<boolean> {
  try {
    await openSecondary(copy, opening, context);
    await copy.vault.stage(copy.path, opening, async () => candidate, context);
    return true;
  } catch (error) {
    if (error instanceof DriverError) return false;
    throw error;
  }
}

async function finish(
  deps: RotationDeps,
  rotation: RotationRef,
  command: CommandOf<'finish'>,
  context: CallContext,
): Promise<Results['finish']> {
  const resolved = resolve(deps.estate, rotation);
  const { primary, others } = resolved;
  const by = carrierOf(rotation);
  const closing = { end: command.end, at: deps.clock.now() };
  if (others.length > 0 && (await suspends(primary, by, context))) return { end: 'disabled' };
  for (const copy of others) await finishSecondary(copy, by, closing, context);
  const last = { goneFrom: command.gone, refusals: command.refusals };
  const end = await primary.vault.finish(primary.path, by, { ...closing, last }, context);
  if (end === null) return { end: 'disabled' };
  const isGiven = end === 'rotated' || end === 'replaced';
  return { end, overwritten: isGiven && (await isOverwritten(resolved, by.token, context)) };
}

/** Readers had the new secret, and somebody wrote over it before it was closed: nobody looked whether theirs works. */
async function isOverwritten(
  { primary, ownedFields }: Resolved,
  token: string,
  context: CallContext,
): Promise<boolean> {
  const [ours, theirs] = await Promise.all([
    primary.vault.read(primary.path, candidateVersion(token), context),
    ownedCurrent(primary, ownedFields, context),
  ]);
  return theirs === null || !theirs.equals(ours, ownedFields);
}

/** Some account is closed by this record: it stays until a person has let the account in again, and so do those of the copies. */
async function suspends(primary: Copy, { token }: Carrier, context: CallContext): Promise<boolean> {
  const { record } = await primary.vault.state(primary.path, context);
  return record?.token === token && record.suspended.length > 0;
}

/** A record left at a copy that is down is closed by the next rotation; it does not keep this one from ending. */
async function finishSecondary(copy: Copy, by: Carrier, closing: Closing, context: CallContext): Promise<void> {
  try {
    await copy.vault.finish(copy.path, by, closing, context);
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
  }
}
