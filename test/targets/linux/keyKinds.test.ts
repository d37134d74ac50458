import { expect, test } from 'vitest';
import { keyTypes } from '../../../src/model/kinds.js';
import { kindOfType } from '../../../src/secret/keyKind.js';
import { refusedKind } from '../../../src/targets/linux/keyKinds.js';

const takenBy = (said: string) => keyTypes.filter((type) => refusedKind(said, kindOfType(type)) === null);
const accepted = (list: string, least = '1024') => `pubkeyacceptedalgorithms ${list}\nrequiredrsasize ${least}\n`;

test.each([
  ['nothing was told', '', keyTypes],
  ['settings without values', accepted('', ''), keyTypes],
  [
    'all that there are',
    accepted('ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512'),
    keyTypes,
  ],
  ['RSA by SHA-1 alone, as old servers do', accepted('ssh-rsa'), ['rsa-3072', 'rsa-4096']],
  ['certificates alone', accepted('ssh-ed25519-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com'), []],
  ['a least size', accepted('ssh-ed25519,rsa-sha2-256', '4096'), ['ed25519', 'rsa-4096']],
  ['the older name of the setting', 'pubkeyacceptedkeytypes ssh-ed25519\n', ['ed25519']],
])('T16 %s', (_, said, kinds) => {
  expect(takenBy(said)).toEqual(kinds);
});

test('T16 what is said names the kind, why, and what to do; never what the server wrote', () => {
  const said = accepted('rsa-sha2-512,hunter2');
  expect(refusedKind(said, kindOfType('ed25519'))).toBe(
    'no ed25519 key opens it here, because sshd does not take that kind (PubkeyAcceptedAlgorithms). Say keyType: rsa-3072 or rsa-4096, or let that kind in there',
  );
  expect(refusedKind(accepted('hunter2'), kindOfType('ed25519'))).toContain('Let keys in there');
});
