import { incidentStates } from '../model/incident.js';
import type { IncidentProgress } from './incidentMessages.js';

/** What an operator reads on the workflow's own page in the Temporal UI. Markdown with lists only, well below 20 kB. */
export function approvalSheet(progress: IncidentProgress): string {
  const { incident, vendor, reason, state, plan, totals } = progress;
  const lines = [
    `# ${incident}: ${state}`,
    incidentStates[state],
    '',
    `- **Vendor**: ${vendor}`,
    `- **Reason**: ${reason}`,
    ...(totals === null ? [] : totalsLines(totals)),
    ...waveLine(progress),
    ...(plan === null
      ? []
      : [`- **Plan digest**: \`${plan.digest}\``, `- **Plan**: \`${plan.key}\` in the artifact store`]),
    '',
    ...(plan === null ? [] : whatNow(progress, plan.digest)),
  ];
  return lines.join('\n');
}

function totalsLines(totals: NonNullable<IncidentProgress['totals']>): readonly string[] {
  const kinds = Object.entries(totals.byKind).map(([kind, count]) => `${count} ${kind}`);
  return [
    `- **Credentials**: ${totals.credentials} (${kinds.join(', ')}) on ${totals.targets} targets, in ${totals.copies} vault copies`,
    `- **Cannot be rotated as configured**: ${totals.blocked} (the plan says why for each)`,
  ];
}

function waveLine({ wave, waves }: IncidentProgress): readonly string[] {
  return wave === null ? [`- **Waves**: ${waves}`] : [`- **Wave**: ${wave + 1} of ${waves}`];
}

function whatNow({ state }: IncidentProgress, digest: string): readonly string[] {
  if (state === 'awaitingApproval') {
    return [
      '## To approve',
      'Each credential gets a new secret in its vaults and on its devices; the old one must be seen refused. A stolen secret is never put back.',
      'No signature is configured: whoever may send an update may approve.',
      'More actions, Send an Update, `approve`, with this input:',
      '```json',
      `{"planDigest": "${digest}"}`,
      '```',
      'To refuse: the update `deny`, without input.',
    ];
  }
  if (state === 'halted')
    return ['## To decide', 'Too many rotations failed. The update `resume` goes on, `abort` stops.'];
  if (state === 'paused') return ['## To decide', 'Paused by a person. The update `resume` goes on, `abort` stops.'];
  return [];
}
