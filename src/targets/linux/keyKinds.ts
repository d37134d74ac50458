import { keyTypes } from '../../model/kinds.js';
import { type KeyKind, kindOfType, nameOfKind } from '../../secret/keyKind.js';
import type { RootScript } from './remoteScript.js';
import { askSshd } from './sshdRules.js';

/** Prints which kinds of keys sshd takes from this account, one setting a line; empty where that daemon cannot be asked. */
export const askKeyKinds: RootScript = {
  body: `begin
${askSshd}for name in pubkeyacceptedalgorithms pubkeyacceptedkeytypes requiredrsasize; do echo "$name $(rule "$name")"; done
`,
};

/** Why no key of this kind opens the account there; null: sshd takes it, or does not tell. Follows "ACCOUNT: ". */
export function refusedKind(said: string, kind: KeyKind): string | null {
  const why = whyRefused(said, kind);
  if (why === null) return null;
  const taken = keyTypes.filter((type) => whyRefused(said, kindOfType(type)) === null);
  const next =
    taken.length === 0 ? 'Let keys in there' : `Say keyType: ${taken.join(' or ')}, or let that kind in there`;
  return `no ${nameOfKind(kind)} key opens it here, because ${why}. ${next}`;
}

function whyRefused(said: string, { algorithm, bits }: KeyKind): string | null {
  const accepted = setting(said, 'pubkeyacceptedalgorithms') ?? setting(said, 'pubkeyacceptedkeytypes');
  // sshd itself has put names in the place of patterns.
  if (accepted !== null && !signaturesOf(algorithm).some((name) => accepted.split(',').includes(name)))
    return 'sshd does not take that kind (PubkeyAcceptedAlgorithms)';
  const least = Number(setting(said, 'requiredrsasize') ?? 0);
  return bits !== null && bits < least ? 'sshd takes longer RSA keys only (RequiredRSASize)' : null;
}

/** An RSA key signs in three ways, each of which sshd takes or not. */
function signaturesOf(algorithm: string): readonly string[] {
  return algorithm === 'ssh-rsa' ? ['rsa-sha2-256', 'rsa-sha2-512', 'ssh-rsa'] : [algorithm];
}

function setting(said: string, name: string): string | null {
  const line = said.split('\n').find((each) => each.startsWith(`${name} `));
  const value = line?.slice(name.length + 1).trim() ?? '';
  return value === '' ? null : value;
}
