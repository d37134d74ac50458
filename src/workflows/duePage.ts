import { reasons } from '../model/endStates.js';
import type { CredentialId } from '../model/record.js';
import type { DueGroup } from '../model/schedule.js';
import { type DueSoFar, type NotRotated, skipReasons } from './dueMessages.js';

/** The look's own page in the Temporal UI. Markdown with lists only, well below 20 kB. */
export function duePage(group: DueGroup, soFar: DueSoFar, running: readonly CredentialId[]): string {
  const { looked, due, ends, parked, skipped, notRotated } = soFar;
  return [
    `# Every ${group.everyDays} days: ${group.vendor}`,
    '',
    `- **Looked at**: ${looked}, of which ${due} are due`,
    ...Object.entries(ends).map(([state, count]) => `- **${state}**: ${count}`),
    `- **Waiting for something, going on by themselves**: ${parked}`,
    `- **Left alone**: ${skipped}`,
    `- **Under way**: ${running.join(', ') || 'none'}`,
    ...(notRotated.length === 0 ? [] : ['', '## Not rotated', ...notRotated.map(line)]),
  ].join('\n');
}

function line({ credential, state, reason }: NotRotated): string {
  return `- ${credential}: ${state}${reason === null ? '' : `: ${wordsOf(reason)}`}`;
}

/** What a reason means, of a rotation or of a look. */
export function wordsOf(reason: NonNullable<NotRotated['reason']>): string {
  const known: Readonly<Record<string, string>> = { ...reasons, ...skipReasons };
  return known[reason] ?? reason;
}
