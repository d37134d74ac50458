import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file of deploy/policies, as users take it. */
export function policyFile(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../deploy/policies/${name}`, import.meta.url)), 'utf8');
}

export interface Weakened {
  /** What was taken out. */
  readonly without: string;
  readonly text: string;
}

const pathLine = /^path "([^"]+)" \{ capabilities = \[(.*)\] \}$/;

/** A policy of OpenBao with each single capability of each path taken out, one at a time. */
export function weakenedHcl(text: string): readonly Weakened[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    const [, path = '', list = ''] = pathLine.exec(line) ?? [];
    const rights = list === '' ? [] : list.split(', ');
    return rights.map((right) => {
      const rest = rights.filter((each) => each !== right);
      const weaker = rest.length === 0 ? '' : `path "${path}" { capabilities = [${rest.join(', ')}] }`;
      return { without: `${right.slice(1, -1)} on ${path}`, text: lines.with(at, weaker).join('\n') };
    });
  });
}

/** A file with each single line that is no comment taken out, one at a time. */
export function weakenedLines(text: string, comment: string): readonly Weakened[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) =>
    line === '' || line.startsWith(comment) ? [] : [{ without: line, text: lines.toSpliced(at, 1).join('\n') }],
  );
}

interface AwsPolicy {
  readonly Statement: readonly { readonly Action: readonly string[]; readonly Resource: readonly string[] }[];
}

/** A policy of AWS with each single action and each single resource of each statement taken out, one at a time. */
export function weakenedAws(policy: AwsPolicy): readonly Weakened[] {
  return policy.Statement.flatMap((statement, at) =>
    (['Action', 'Resource'] as const).flatMap((key) =>
      statement[key].map((value) => {
        const rest = statement[key].filter((each) => each !== value);
        const others = policy.Statement.filter((_, index) => index !== at);
        const kept = rest.length === 0 ? others : [...others, { ...statement, [key]: rest }];
        const among = key === 'Action' ? `for ${statement.Resource[0]}` : `for ${statement.Action[0]}`;
        return { without: `${value} ${among}`, text: JSON.stringify({ ...policy, Statement: kept }) };
      }),
    ),
  );
}

/** For each thing that was taken out of a policy, what then failed, and why; what was not needed is not in it. */
export async function failuresOf(
  weakened: readonly Weakened[],
  run: (policy: string) => Promise<string | null>,
): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>();
  for (const { without, text } of weakened) {
    const failure = await run(text);
    if (failure !== null) failures.set(without, failure);
  }
  return failures;
}

/** What is needed by `relock check` alone. */
export function onlyChecked(failures: ReadonlyMap<string, string>): readonly string[] {
  return [...failures].filter(([, failure]) => failure.startsWith('check: ')).map(([without]) => without);
}

/** What could be taken out, and nothing failed. */
export function notNeeded(weakened: readonly Weakened[], failures: ReadonlyMap<string, string>): readonly string[] {
  return weakened.map(({ without }) => without).filter((without) => !failures.has(without));
}
