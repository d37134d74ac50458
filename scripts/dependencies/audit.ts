import { z } from 'zod';

const report = z.object({
  auditReportVersion: z.number(),
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), range: z.string() })),
});
const refused = z.object({ message: z.string() });

/** What `npm audit --json` came to. `notAsked`: no advisory service answered, so nothing is known. */
export type Audit =
  | { readonly kind: 'clean' }
  | { readonly kind: 'found'; readonly lines: readonly string[] }
  | { readonly kind: 'notAsked'; readonly why: string };

export function auditOf(output: string): Audit {
  const answer = parsed(output);
  const found = report.safeParse(answer);
  if (!found.success)
    return { kind: 'notAsked', why: refused.safeParse(answer).data?.message ?? 'npm audit said nothing' };
  const lines = Object.entries(found.data.vulnerabilities).map(
    ([name, { severity, range }]) => `${name} ${range}: ${severity}; npm audit --omit=dev tells more`,
  );
  return lines.length === 0 ? { kind: 'clean' } : { kind: 'found', lines };
}

function parsed(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return null;
  }
}
