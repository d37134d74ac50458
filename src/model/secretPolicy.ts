import type { SecretPolicy } from './capabilities.js';

export type PolicyIntersection =
  | { readonly kind: 'policy'; readonly policy: SecretPolicy }
  | { readonly kind: 'empty'; readonly problem: string };

/** Fewer different characters than this in common, and no secret worth the name can be made. */
const smallestAlphabet = 10;

function commonAlphabet(policies: readonly SecretPolicy[]): string {
  const [first, ...rest] = policies.map((policy) => new Set(policy.alphabet));
  return [...(first ?? [])].filter((char) => rest.every((alphabet) => alphabet.has(char))).join('');
}

/** The policy that satisfies all of them: one secret goes to every target of a credential. */
export function intersectPolicies(policies: readonly SecretPolicy[]): PolicyIntersection {
  if (policies.length === 0) return { kind: 'empty', problem: 'no target says which secrets it takes' };
  const policy: SecretPolicy = {
    minLength: Math.max(...policies.map((each) => each.minLength)),
    maxLength: Math.min(...policies.map((each) => each.maxLength)),
    significantLength: Math.min(...policies.map((each) => each.significantLength)),
    alphabet: commonAlphabet(policies),
  };
  if (policy.minLength > policy.maxLength) {
    const problem = `one target wants at least ${policy.minLength} characters, another takes at most ${policy.maxLength}`;
    return { kind: 'empty', problem };
  }
  if (policy.alphabet.length < smallestAlphabet) {
    const problem = `the targets have only ${policy.alphabet.length} characters in common, ${smallestAlphabet} are needed`;
    return { kind: 'empty', problem };
  }
  return { kind: 'policy', policy };
}

/** Why a target with this policy would not take that value; null when it would. The text never holds the value. */
export function policyProblem(policy: SecretPolicy, value: string): string | null {
  if (value.length < policy.minLength) return `shorter than ${policy.minLength} characters`;
  if (value.length > policy.maxLength) return `longer than ${policy.maxLength} characters`;
  const allowed = new Set(policy.alphabet);
  return [...value].every((char) => allowed.has(char)) ? null : 'it has characters that this target does not take';
}
