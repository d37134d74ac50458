import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intersectPolicies, policyProblem } from '../../src/model/secretPolicy.js';
import { generatePassword, generatePasswordSecret, PolicyError } from '../../src/secret/generate.js';
import { Secret } from '../../src/secret/secret.js';

const letters = 'abcdefghijklmnopqrstuvwxyz';
const full = `${letters}${letters.toUpperCase()}0123456789-_.+`;
const policyArbitrary = fc
  .record({
    minLength: fc.integer({ min: 4, max: 30 }),
    spread: fc.integer({ min: 0, max: 40 }),
    significant: fc.integer({ min: 4, max: 70 }),
    alphabet: fc.constantFrom(full, letters, `${letters}0123456789`, `-${letters}`),
  })
  .map(({ minLength, spread, significant, alphabet }) => ({
    minLength,
    maxLength: minLength + spread,
    significantLength: Math.min(significant, minLength + spread),
    alphabet,
  }));

describe('generatePassword', () => {
  it('keeps to the policy, never starts with a dash, and differs where it counts', () => {
    fc.assert(
      fc.property(policyArbitrary, (policy) => {
        const first = generatePassword(policy);
        const second = generatePassword(policy, [first]);
        for (const value of [first, second]) {
          expect(policyProblem(policy, value)).toBeNull();
          expect(value.startsWith('-')).toBe(false);
        }
        expect(second.slice(0, policy.significantLength)).not.toBe(first.slice(0, policy.significantLength));
      }),
      { numRuns: 2000 },
    );
  });

  it('has every character class of its alphabet within the significant length', () => {
    const policy = { minLength: 20, maxLength: 20, significantLength: 8, alphabet: full };
    for (let made = 0; made < 500; made++) {
      const head = generatePassword(policy).slice(0, 8);
      for (const each of [/[a-z]/, /[A-Z]/, /[0-9]/, /[-_.+]/]) expect(head).toMatch(each);
    }
  });

  it('says so when nothing is left to choose from', () => {
    const policy = { minLength: 1, maxLength: 1, significantLength: 1, alphabet: 'abcdefghij' };
    expect(() => generatePassword(policy, [...policy.alphabet])).toThrow(PolicyError);
  });
});

describe('several targets', () => {
  const cisco = { minLength: 8, maxLength: 25, significantLength: 25, alphabet: full };
  const des = { minLength: 6, maxLength: 40, significantLength: 8, alphabet: `${letters}0123456789?` };

  it('get one password that each of them takes', () => {
    const old = Secret.of({ password: 'abcdefgh' });
    const value = generatePasswordSecret([cisco, des], [old]).reveal('password');
    expect(policyProblem(cisco, value)).toBeNull();
    expect(policyProblem(des, value)).toBeNull();
  });

  it('get a clear error when no password fits all', () => {
    const tiny = { ...des, maxLength: 7 };
    expect(() => generatePasswordSecret([cisco, tiny])).toThrow(/at least 8 characters, another takes at most 7/);
    expect(intersectPolicies([cisco, { ...des, alphabet: '?!' }]).kind).toBe('empty');
  });
});
