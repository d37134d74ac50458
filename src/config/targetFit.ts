import type { Capabilities } from '../model/capabilities.js';
import type { CredentialKind } from '../model/kinds.js';
import { quoted } from '../model/printable.js';
import { intersectPolicies } from '../model/secretPolicy.js';
import type { LoadedTarget } from './targets.js';

interface FitProblem {
  /** The credential's key that a person should look at. */
  readonly key: 'kind' | 'account' | 'targets';
  readonly message: string;
}

/** Why a credential of that kind and account cannot be rotated on these targets. */
export function fitProblems(
  kind: CredentialKind,
  account: string,
  targets: readonly LoadedTarget[],
): readonly FitProblem[] {
  const alone = targets.flatMap((target) => problemOn(kind, account, target) ?? []);
  return alone.length > 0 ? alone : togetherProblems(targets.map((target) => target.entry.bound.capabilities(kind)));
}

function problemOn(kind: CredentialKind, account: string, { entry }: LoadedTarget): FitProblem | null {
  const { bound, type, management } = entry;
  if (!bound.kinds.includes(kind)) {
    const message = `target "${bound.id}" of type ${type} has no ${kind} credentials; expected one of ${bound.kinds.join(', ')} there, or another target`;
    return { key: 'kind', message };
  }
  const problem = bound.accountProblem(kind, account);
  if (problem !== null) {
    return {
      key: 'account',
      message: `account ${quoted(account)} cannot exist on target "${bound.id}"; ${printableExpectation(problem)}`,
    };
  }
  if (management !== null || bound.capabilities(kind).selfChange) return null;
  const message = `nobody could change it on target "${bound.id}": its accounts cannot change their own ${kind}; expected "management" there: { account: …, secret: "vault:path" }`;
  return { key: 'targets', message };
}

function printableExpectation(problem: string): string {
  return problem.startsWith('expected') ? problem : `expected ${problem}`;
}

function togetherProblems(capabilities: readonly Capabilities[]): readonly FitProblem[] {
  const [first, ...rest] = capabilities;
  const shared = first?.makers.filter((maker) => rest.every((each) => each.makers.includes(maker))) ?? [];
  if (shared.length === 0) {
    return [
      {
        key: 'targets',
        message:
          'its targets do not agree on who makes the value; expected targets of one type: split it into several credentials',
      },
    ];
  }
  const policies = capabilities.flatMap((each) => each.secretPolicy ?? []);
  const common = policies.length < 2 ? null : intersectPolicies(policies);
  if (common?.kind !== 'empty') return [];
  return [
    {
      key: 'targets',
      message: `no secret fits all of its targets: ${common.problem}; expected targets with rules in common: split it into several credentials`,
    },
  ];
}
