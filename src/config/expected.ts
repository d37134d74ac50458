import type { Expected } from '../model/copyShape.js';
import { credentialKinds } from '../model/kinds.js';
import type { CredentialEntry } from './estate.js';

/** What copies of a credential must hold. */
export function expectedOf({ kind, account, usernameDiffers, adopt }: CredentialEntry): Expected {
  return { needed: credentialKinds[kind].needed, account, usernameDiffers, adopt };
}
