import { namespaces } from '../approval/signed.js';
import { canonicalJson } from '../model/canonicalJson.js';
import { incidentStates } from '../model/incident.js';
import { shortIncident } from '../model/workflowIds.js';
import type { IncidentProgress, Signing } from './incidentMessages.js';

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
    ...endLines(progress),
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

/** Green in the UI means that the workflow ended, not that all went well. */
function endLines({ ends, totals }: IncidentProgress): readonly string[] {
  const counted = Object.entries(ends).filter(([, count]) => count > 0);
  if (counted.length === 0 || totals === null) return [];
  const left = totals.credentials - (ends.rotated ?? 0);
  return [
    `- **Ended so far**: ${counted.map(([state, count]) => `${count} ${state}`).join(', ')}`,
    `- **Not rotated**: ${left} of ${totals.credentials}${left === 0 ? '' : ' (`relock incident status` says why, and what to do)'}`,
  ];
}

function waveLine({ wave, waves }: IncidentProgress): readonly string[] {
  return wave === null ? [`- **Waves**: ${waves}`] : [`- **Wave**: ${wave + 1} of ${waves}`];
}

function whatNow({ state, signing }: IncidentProgress, digest: string): readonly string[] {
  if (state === 'awaitingApproval') {
    return [
      '## To approve',
      'Each credential gets a new secret in its vaults and on its devices; the old one must be seen refused. A stolen secret is never put back.',
      ...(signing === null ? unsigned(digest) : toSign(signing)),
    ];
  }
  if (state === 'halted')
    return ['## To decide', 'Too many rotations failed. The update `resume` goes on, `abort` stops.'];
  if (state === 'paused') return ['## To decide', 'Paused by a person. The update `resume` goes on, `abort` stops.'];
  return [];
}

function unsigned(digest: string): readonly string[] {
  return [
    'No signature is configured: whoever may send an update may approve.',
    'More Actions, Send an Update, `approve`, with this input:',
    '```json',
    `{"planDigest": "${digest}"}`,
    '```',
    submitTwice,
    'To refuse: the update `deny`, without input.',
  ];
}

/** The statement holds ids, digests and counts only, so it needs no quoting in a shell or in JSON. */
function toSign({ statement, required, opener, by }: Signing): readonly string[] {
  const short = shortIncident(statement.incident);
  const { wave, credentials, targets, expires } = statement;
  const what = wave === null ? 'the whole plan' : `wave ${wave}`;
  return [
    `It needs the signatures of ${required} ${required === 1 ? 'person' : 'persons'} beside ${opener}, who opened it: for ${what}, ${credentials} credentials on ${targets} targets, until ${expires}.`,
    '',
    `- **Approved so far**: ${by.length} of ${required}${by.length === 0 ? '' : ` (${by.join(', ')})`}`,
    '',
    `Read the plan (\`relock incident plan ${short}\`), then either \`relock incident approve ${short}\`, which compares the digest with the stored plan, or sign here, with your own key:`,
    '```sh',
    `s='${canonicalJson(statement)}'`,
    signingLine,
    '```',
    'It prints what to put into More Actions, Send an Update, `approve`. To refuse, put `"decision":"deny"` into the statement, sign that, and send the update `deny`.',
    submitTwice,
  ];
}

const submitTwice =
  'If nothing happens at the first click on Submit, click again: the dialogue has just laid out the JSON anew.';

/** `$s` is signed with a line feed after it, as the update's check expects. */
const signingLine = `printf '{"statement":%s,"signature":"%s"}\\n' "$s" "$(printf '%s\\n' "$s" | ssh-keygen -q -Y sign -n ${namespaces.approval} -f ~/.ssh/id_ed25519 | tr -d '\\n')"`;
