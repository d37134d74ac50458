import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { changeQuestionOf, saysBarred } from '../../src/transport/ssh/prompts.js';

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

test('T20 what a banner says in passing bars nobody', () => {
  const said = ['If your account is locked, call 555-0100', 'Is this account has expired?', 'account is locked'];
  for (const text of said) expect(saysBarred(text)).toBe(false);
  expect(saysBarred('Welcome\r\nYour account has expired; please contact your system administrator.\r\n')).toBe(true);
});
