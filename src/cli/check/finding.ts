/** Something that a live check found. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  /** `vault primary`, `target headend-01`. */
  readonly subject: string;
  /** Ids of the credentials that it was found for; empty where it concerns all of the subject. */
  readonly credentials: readonly string[];
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** The same finding for many credentials is one, with all of their names. */
export function merged(findings: readonly Finding[]): readonly Finding[] {
  const groups = new Map<string, Finding>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.severity, finding.subject, finding.message]);
    const group = groups.get(key);
    const credentials = [...new Set([...(group?.credentials ?? []), ...finding.credentials])];
    groups.set(key, { ...finding, credentials });
  }
  return [...groups.values()];
}
