import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { asksForPassword, changeQuestionOf, refusesForGood } from '../../src/transport/ssh/prompts.js';

describe('which question of a password change a prompt asks', () => {
  it.each([
    ['Current password: ', 'current'],
    ['(current) UNIX password: ', 'current'],
    ['(current) LDAP Password: ', 'current'],
    ['Old Password: ', 'current'],
    ['New password: ', 'next'],
    ['New Password: ', 'next'],
    ['Enter new UNIX password: ', 'next'],
    ['Retype new password: ', 'repeat'],
    ['Retype new UNIX password: ', 'repeat'],
    ['Re-enter new Password: ', 'repeat'],
    ['Reenter new password:', 'repeat'],
    ['(itron-svc@headend-01) New password: ', 'next'],
    ['You are required to change your password immediately (administrator enforced).\r\nCurrent password: ', 'current'],
    ['WARNING: unauthorised use is against the law.\nNew password: ', 'next'],
  ])('%j: %s', (prompt, question) => expect(changeQuestionOf(prompt)).toBe(question));

  it.each([
    'Password: ',
    '(itron-svc@headend-01) Password: ',
    'Unauthorised use of this system is against the law.\nPassword: ',
    'Enter the password again and again: ',
    'Old passwords are not taken here. Password: ',
    'Your new password policy is on the intranet.\nPassword: ',
    'New password: \nVerification code: ',
    'Confirm that you have read this: ',
    'Do not repeat your password. New password:x',
  ])('T18 %j: none', (prompt) => expect(changeQuestionOf(prompt)).toBeNull());
});

test('T18 no text before a password prompt makes it another question', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (notice) => {
      expect(changeQuestionOf(`${notice}\nPassword: `)).toBeNull();
    }),
    { numRuns: 2_000 },
  );
});

describe('what asks for the password', () => {
  it.each([
    'Password: ',
    'Password:',
    'password: ',
    '(itron-svc@headend-01) Password: ',
    "itron-svc@headend-01's password: ",
    'LDAP Password: ',
    'Enter login(LDAP) password: ',
    'Password for itron-svc@EXAMPLE.ORG:',
    'Passwort: ',
    'Mot de passe : ',
    'パスワード:',
    '密码： ',
    'Unauthorised use of this system is against the law.\nPassword: ',
  ])('%j does', (prompt) => expect(asksForPassword(prompt)).toBe(true));

  it.each([
    'Verification code: ',
    'PIN: ',
    'Password: \nVerification code: ',
    'One-time password (OATH) for `itron-svc`: ',
    'Enter the password and the code: ',
    'New password: ',
    'Your password or PIN: ',
    `${'x'.repeat(300)} Password: `,
    '',
  ])('T18 %j does not', (prompt) => expect(asksForPassword(prompt)).toBe(false));
});

describe('a disconnect that is the refusal of the only attempt', () => {
  it.each([
    [2, 'Too many authentication failures'],
    [2, 'Too many authentication failures for itron-svc'],
    [2, 'too many authentication failures'],
    [2, 'Too many authentication failures: 2'],
  ])('T13 %d %s', (code, message) => expect(refusesForGood({ code, message })).toBe(true));

  it.each([
    [2, 'Too many connections'],
    [2, 'Protocol error'],
    [3, 'Too many authentication failures'],
    [undefined, 'Too many authentication failures'],
    [2, 'Not yet: Too many authentication failures'],
  ])('T13 not %s %s', (code, message) => expect(refusesForGood({ code, message })).toBe(false));
});
