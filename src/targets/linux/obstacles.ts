import type { TargetFinding } from '../../contracts/targetDriver.js';
import type { CredentialKind } from '../../model/kinds.js';
import { heldElsewhere, notInstalled, unreadable, unshadowed } from './remoteScript.js';
import { writeRefusals } from './writeBarriers.js';

/** A word of the inspection, and what it means for a login. */
interface Meaning {
  /** `error`: no login of this kind can be proved here; `warning`: a person should know. */
  readonly severity: 'error' | 'warning';
  readonly kinds: readonly CredentialKind[];
  /** Logins can be proved all the same. */
  readonly letsIn?: true;
  /** It is about the host, and no account is named beside it. */
  readonly ofHost?: true;
  /** Follows "ACCOUNT at HOST". */
  readonly text: string;
}

const both: readonly CredentialKind[] = ['password', 'ssh-key'];
const passwords: readonly CredentialKind[] = ['password'];
const keys: readonly CredentialKind[] = ['ssh-key'];

const unproved = 'no login of it can be proved here, because';

/** Keys have a file of their own. */
const unwritable: Readonly<Record<string, Meaning>> = Object.fromEntries(
  Object.entries(writeRefusals).map(([word, text]) => [
    word,
    { severity: 'error', kinds: passwords, letsIn: true, ofHost: true, text },
  ]),
);

const meanings: Readonly<Record<string, Meaning>> = {
  ...unwritable,
  expired: {
    severity: 'error',
    kinds: both,
    text: `${unproved} the account has expired. Let its owner extend it (chage -E), or take it out`,
  },
  locked: {
    severity: 'error',
    kinds: passwords,
    text: `${unproved} its password is locked: every password looks refused. Unlock it (passwd -u), or take it out`,
  },
  inactive: {
    severity: 'error',
    kinds: both,
    text: `${unproved} its password has been expired for too long. Let its owner set a new one, or lengthen the time (chage -I)`,
  },
  nologin: {
    severity: 'error',
    kinds: both,
    text: `${unproved} a nologin file keeps everybody but root out. Remove it when maintenance is over`,
  },
  deniedUser: {
    severity: 'error',
    kinds: both,
    text: `${unproved} DenyUsers of sshd names it. Let it in from here, or suspend it for good`,
  },
  otherUsers: {
    severity: 'error',
    kinds: both,
    text: `${unproved} AllowUsers of sshd does not name it. Let it in from here, or suspend it for good`,
  },
  deniedGroup: {
    severity: 'error',
    kinds: both,
    text: `${unproved} DenyGroups of sshd names a group of it. Let it in from here, or suspend it for good`,
  },
  otherGroups: {
    severity: 'error',
    kinds: both,
    text: `${unproved} AllowGroups of sshd names no group of it. Let it in from here, or suspend it for good`,
  },
  noRoot: {
    severity: 'error',
    kinds: both,
    text: `${unproved} PermitRootLogin of sshd is no. Name another door (address) where root may log in, or rotate it by hand`,
  },
  noRootPassword: {
    severity: 'error',
    kinds: passwords,
    text: `${unproved} PermitRootLogin of sshd takes no password of root. Name another door (address) that does, or rotate it by hand`,
  },
  noPasswords: {
    severity: 'error',
    kinds: passwords,
    text: `${unproved} sshd takes no passwords. Allow them from here, or take the password out`,
  },
  noKeys: {
    severity: 'error',
    kinds: keys,
    text: `${unproved} sshd takes no keys (PubkeyAuthentication no). Allow them from here, or take the key out`,
  },
  severalMethods: {
    severity: 'error',
    kinds: both,
    text: `${unproved} AuthenticationMethods of sshd asks for more than one. Exempt it from here`,
  },
  modes: {
    severity: 'error',
    kinds: keys,
    text: `${unproved} its home, key file or a folder above that may be written by others, and sshd (StrictModes) does not read keys there. Take that right away (chmod go-w)`,
  },
  owners: {
    severity: 'error',
    kinds: keys,
    text: `${unproved} its key file, or a folder above it, belongs to neither the account nor root, and sshd (StrictModes) does not read keys there. Give it to one of them (chown)`,
  },
  unreadable: { severity: 'error', kinds: keys, text: unreadable },
  certificates: {
    severity: 'warning',
    kinds: keys,
    text: 'sshd takes user certificates (TrustedUserCAKeys): one that was signed over the old key opens the account until it expires, and no rotation of the key ends it. Give sshd a list of revoked keys (RevokedKeys), and say `revokedKeys: true` for the target',
  },
  revocable: {
    severity: 'warning',
    kinds: keys,
    text: 'sshd takes user certificates (TrustedUserCAKeys): one that was signed over the old key opens the account until it expires, and no rotation of the key ends it. Say `revokedKeys: true` for the target, and the old key is put into the list of revoked keys that sshd has',
  },
  elsewhere: { severity: 'error', kinds: passwords, letsIn: true, text: heldElsewhere },
  noChpasswd: { severity: 'error', kinds: passwords, letsIn: true, text: notInstalled },
  unshadowed: { severity: 'error', kinds: passwords, letsIn: true, text: unshadowed },
  twin: {
    severity: 'warning',
    kinds: both,
    text: 'another account name has the same uid: whoever gets in by either is the same to the system',
  },
  young: {
    severity: 'warning',
    kinds: passwords,
    text: 'its password is younger than its minimum age, so the account cannot change it itself now: a management login can',
  },
};

/** What the words of an inspection say of this kind of login. Words that are not known say nothing. */
export function findingsOf(words: readonly string[], kind: CredentialKind, account: string): readonly TargetFinding[] {
  return meaningsOf(words, kind).map(({ severity, text, ofHost }) => ({
    severity,
    message: ofHost === true ? text : `${account}: ${text}`,
  }));
}

/** The first that keeps every login of this kind out; null: none does. */
export function obstacleOf(words: readonly string[], kind: CredentialKind, account: string): string | null {
  const found = meaningsOf(words, kind).find(({ severity, letsIn }) => severity === 'error' && letsIn !== true);
  return found === undefined ? null : `${account}: ${found.text}`;
}

function meaningsOf(words: readonly string[], kind: CredentialKind): readonly Meaning[] {
  return words.flatMap((word) => {
    const meaning = Object.hasOwn(meanings, word) ? meanings[word] : undefined;
    return meaning?.kinds.includes(kind) === true ? [meaning] : [];
  });
}
