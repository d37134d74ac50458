import { randomInt } from 'node:crypto';
import type { SecretPolicy } from '../model/capabilities.js';
import { intersectPolicies } from '../model/secretPolicy.js';
import { Secret } from './secret.js';

/** Length of a generated password where the policy leaves the choice: 24 of 62 characters are 142 bits. */
const preferredLength = 24;

/** Complexity rules ask for these classes; a password has one of each that its alphabet has. */
const characterClasses = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/];

/** A draw that misses a class or repeats an old value is drawn again; past this many the policy cannot be met. */
const maxDraws = 10_000;

/** No set of targets takes the same value. The message says which rule clashes, and holds no value. */
export class PolicyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PolicyError';
  }
}

function draw(policy: SecretPolicy, length: number): string {
  const characters = [...policy.alphabet];
  return Array.from({ length }, () => characters[randomInt(characters.length)] ?? '').join('');
}

function wantedClasses(policy: SecretPolicy): readonly RegExp[] {
  const present = characterClasses.filter((each) => each.test(policy.alphabet));
  return policy.significantLength >= 2 * present.length ? present : [];
}

/**
 * A new password within the policy. It differs from each of `others` within the significant length, never starts
 * with `-`. Throws PolicyError.
 */
export function generatePassword(policy: SecretPolicy, others: readonly string[] = []): string {
  const length = Math.min(policy.maxLength, Math.max(policy.minLength, preferredLength));
  const significant = Math.min(length, policy.significantLength);
  const taken = new Set(others.map((other) => other.slice(0, significant)));
  const classes = wantedClasses(policy);
  for (let attempt = 0; attempt < maxDraws; attempt++) {
    const value = draw(policy, length);
    const head = value.slice(0, significant);
    if (!value.startsWith('-') && !taken.has(head) && classes.every((each) => each.test(head))) return value;
  }
  throw new PolicyError('no password fits the rules of these targets: allow more characters or a greater length');
}

/** A new `password` secret that every one of these targets takes. Throws PolicyError. */
export function generatePasswordSecret(policies: readonly SecretPolicy[], others: readonly Secret[] = []): Secret {
  const common = intersectPolicies(policies);
  if (common.kind === 'empty') throw new PolicyError(`no password fits all of these targets: ${common.problem}`);
  const values = others.filter((other) => other.has('password')).map((other) => other.reveal('password'));
  return Secret.of({ password: generatePassword(common.policy, values) });
}
