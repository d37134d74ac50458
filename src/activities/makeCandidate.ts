import type { CallContext, EffectContext } from '../contracts/context.js';
import { DriverError } from '../model/errors.js';
import type { CredentialKind } from '../model/kinds.js';
import type { Carrier, RotationRecord } from '../model/record.js';
import { generatePasswordSecret, PolicyError } from '../secret/generate.js';
import { generateKey } from '../secret/generateKey.js';
import { nextKeyType } from '../secret/keyKind.js';
import { SshKeyError } from '../secret/opensshKey.js';
import { isPkcs8 } from '../secret/privateKeyText.js';
import type { Secret } from '../secret/secret.js';
import { atVault } from './effects.js';
import { loginFor } from './login.js';
import type { Resolved } from './resolve.js';
import type { RotationDeps } from './rotation.js';

/** How the next value of this credential comes about. Called by the vault, at most once per token. */
export async function makeCandidate(
  deps: RotationDeps,
  resolved: Resolved,
  by: Carrier,
  context: EffectContext,
): Promise<() => Promise<Secret>> {
  const { primary, entry } = resolved;
  const { record } = await primary.vault.state(primary.path, context);
  if (record !== null && record.olds.length === 0 && !entry.adopt)
    throw refusal(
      resolved,
      'Misconfigured',
      `no vault holds a present secret of it, and relock.yaml does not say \`adopt: true\``,
    );
  if (resolved.maker === 'issued') return () => issue(deps, resolved, by, context);
  const olds = await readOlds(resolved, record, context);
  return async () => generate(entry.kind, resolved, olds);
}

/** What readers get comes first, where they get something. */
function readOlds({ primary }: Resolved, record: RotationRecord | null, context: CallContext): Promise<Secret[]> {
  const olds = record?.olds ?? [];
  const ordered = [...olds.filter((old) => old === record?.base), ...olds.filter((old) => old !== record?.base)];
  return Promise.all(ordered.map((version) => primary.vault.read(primary.path, version, context)));
}

async function generate(kind: CredentialKind, resolved: Resolved, olds: readonly Secret[]): Promise<Secret> {
  if (kind === 'ssh-key') return key(resolved, olds[0] ?? null);
  if (kind === 'password') return password(resolved, olds);
  throw refusal(resolved, 'Unsupported', `relock cannot make a ${kind}`);
}

/** Of the kind, and written in the form, of the one that it replaces: what it opens, and who reads it, may know no other. */
async function key(resolved: Resolved, base: Secret | null): Promise<Secret> {
  const { keyType, id } = resolved.entry;
  try {
    const isPkcs8Read = base !== null && isPkcs8(base.reveal('private_key'));
    return await generateKey(nextKeyType(keyType, base), id, isPkcs8Read ? 'pkcs8' : 'usual');
  } catch (error) {
    if (error instanceof SshKeyError) throw refusal(resolved, 'Misconfigured', error.message);
    throw error;
  }
}

function password(resolved: Resolved, olds: readonly Secret[]): Secret {
  try {
    return generatePasswordSecret(policiesOf(resolved), olds);
  } catch (error) {
    if (error instanceof PolicyError) throw refusal(resolved, 'Misconfigured', error.message);
    throw error;
  }
}

function policiesOf(resolved: Resolved) {
  const policies = resolved.targets.map((id) => resolved.target(id).driver.capabilities.secretPolicy);
  return policies.filter((policy) => policy !== null);
}

/**
 * The target makes the value and tells it once. Which slots were there is written down first; a slot that is there beyond
 * those is an orphan of a lost reply, and goes before another is made.
 */
async function issue(deps: RotationDeps, resolved: Resolved, by: Carrier, context: EffectContext): Promise<Secret> {
  const [id] = resolved.targets;
  if (id === undefined) throw refusal(resolved, 'Misconfigured', 'it has no target');
  const { driver } = resolved.target(id);
  if (driver.make === undefined || driver.enumerate === undefined || driver.dropSlot === undefined) {
    throw refusal(resolved, 'Unsupported', 'its target cannot issue secrets safely');
  }
  const login = await loginFor(deps, resolved, id, { as: 'management' }, by.token, context);
  const { account } = resolved.entry;
  const present = await driver.enumerate(account, login, context);
  const before = await atVault(() => noteSlots(resolved, by, present, context));
  for (const orphan of present.filter((slot) => !before.includes(slot)))
    await driver.dropSlot(account, login, orphan, context);
  return driver.make(account, login, context);
}

async function noteSlots(
  { primary }: Resolved,
  by: Carrier,
  present: readonly string[],
  context: EffectContext,
): Promise<readonly string[]> {
  const { record } = await primary.vault.state(primary.path, context);
  const slotsBefore = record?.slotsBefore ?? present;
  const effectsNotAfter = context.notAfter;
  await primary.vault.note(primary.path, by, { slotsBefore, effectsNotAfter }, context);
  return slotsBefore;
}

function refusal(resolved: Resolved, code: 'Unsupported' | 'Misconfigured', why: string): DriverError {
  const { id } = resolved.entry;
  const message = `no new secret was made for ${id}: ${why}; nothing was changed. Correct its kind or its targets in relock.yaml.`;
  return new DriverError({ code, effect: 'none', driver: 'relock', subject: id, message });
}
