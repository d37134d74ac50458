import type { Expected } from '../model/copyShape.js';
import { credentialKinds } from '../model/kinds.js';
import type { CredentialEntry } from './estate.js';

/** What copies of a credential must hold. */
export function expectedOf({ kind, account, usernameDiffers, adopt }: CredentialEntry): Expected {
  const { ownedFields, needed } = credentialKinds[kind];
  return { owned: ownedFields, needed, account, usernameDiffers, adopt };
}
