import type { CallContext } from '../contracts/context.js';
import type { Login, TargetDriver } from '../contracts/targetDriver.js';
import { DriverError } from '../model/errors.js';
import type { CredentialKind } from '../model/kinds.js';
import { publicKeyIn } from '../secret/keyKind.js';
import type { Secret } from '../secret/secret.js';
import { fingerprintOfKey } from '../secret/sshKey.js';

const mostShown = 10;

/** Ids are public; one that looks otherwise than ids do is counted, and not shown. */
const isShowable = /^[A-Za-z0-9:+/=-]{1,80}$/;

const nouns: Readonly<Record<CredentialKind, string>> = {
  password: 'secret',
  'ssh-key': 'key',
  'approle-secret-id': 'secret-id',
};

/**
 * What opens the account there beside `present`, the one that relock knows (null: it knows none), in words for people; null:
 * nothing that can be seen. Asked where nobody has shown that there are none: before and after a first adoption.
 */
export async function strangersAt(
  { driver, kind, account }: { readonly driver: TargetDriver; readonly kind: CredentialKind; readonly account: string },
  via: Login,
  present: Secret | null,
  context: CallContext,
): Promise<string | null> {
  const slots = await slotsAt(driver, account, via, context);
  const known = present === null ? null : slotOf(kind, present);
  const strangers = slots.filter((slot) => slot !== known);
  if (strangers.length === 0) return null;
  const shown = strangers.filter((slot) => isShowable.test(slot)).slice(0, mostShown);
  const more = strangers.length > shown.length ? `, and ${strangers.length - shown.length} more` : '';
  const those = strangers.length === 1 ? `1 ${nouns[kind]} is` : `${strangers.length} ${nouns[kind]}s are`;
  return `${account}: ${those} there that relock does not know (${shown.join(', ')}${more}), and no rotation ends what they open. Remove those that nobody needs, by hand`;
}

/** Where they cannot be seen, what the driver's own check finds says why. */
async function slotsAt(
  driver: TargetDriver,
  account: string,
  via: Login,
  context: CallContext,
): Promise<readonly string[]> {
  try {
    return (await driver.enumerate?.(account, via, context)) ?? [];
  } catch (error) {
    if (error instanceof DriverError && error.code !== 'Bug') return [];
    throw error;
  }
}

/** What `enumerate` calls this secret. */
function slotOf(kind: CredentialKind, secret: Secret): string | null {
  if (kind === 'approle-secret-id')
    return secret.has('secret_id_accessor') ? secret.reveal('secret_id_accessor') : null;
  const key = kind === 'ssh-key' ? publicKeyIn(secret) : null;
  return key === null ? null : fingerprintOfKey(key);
}
