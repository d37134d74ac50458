import { expect, test } from 'vitest';
import { desCrypt } from '../../src/targets/frr/desCrypt.js';

// Made with the C library's crypt(3).
test.each([
  ['newvtyAA', 'dw', 'dw608CWeZjk2M'],
  ['', 'ab', 'abmF1QH4PEr.E'],
  ['a', '..', '..4/MD05HLWjI'],
  ['Passw0rd', 'zz', 'zz138.kE2pzNg'],
  ['12345678901', './', './qw5JW./79Vg'],
  ['Ab9~!x_Z', 'Q7', 'Q72ziiH1j1EuM'],
  ['operator', 'k.', 'k.M99OmehFBa6'],
])('crypt(3) of %j with salt %s', (password, salt, hash) => {
  expect(desCrypt(password, salt)).toBe(hash);
});

test('only eight characters count', () => {
  expect(desCrypt('abcdefgh', 'x/')).toBe(desCrypt('abcdefgh-and-more', 'x/'));
  expect(desCrypt('abcdefgh', 'x/')).not.toBe(desCrypt('abcdefgX', 'x/'));
});
