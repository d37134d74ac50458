import { readIncidentPlan, readPlanPage } from '../../activities/incident/artifacts.js';
import type { Estate } from '../../config/estate.js';
import type { PlanEntry, PlanRef } from '../../model/incident.js';
import { failurePolicies } from '../../model/policy.js';
import type { CommandContext } from '../command.js';
import { tableLines } from '../output.js';

/** Long plans are for machines; people see this many rows of each wave. */
const rowsShown = 20;

const readMs = 30_000;

/** A plan as a person reviews it: what, where, in which order, what cannot work and why. */
export async function planText(estate: Estate, ref: PlanRef, context: CommandContext): Promise<readonly string[]> {
  const call = () => ({ signal: context.signal, deadline: context.now() + readMs });
  const plan = await readIncidentPlan(estate, ref, call());
  const { totals } = plan;
  const lines = [
    `plan ${ref.digest}`,
    `${totals.credentials} credentials on ${totals.targets} targets, in ${totals.copies} vault copies; policy ${plan.policy}: ${failurePolicies[plan.policy]}`,
  ];
  for (const [index, wave] of plan.waves.entries()) {
    const rows: PlanEntry[] = [];
    for (const page of wave.pages) {
      if (rows.length < rowsShown) rows.push(...(await readPlanPage(estate, page, call())).entries);
    }
    lines.push(
      '',
      `wave ${index + 1}: ${wave.kind}, ${wave.credentials} credentials`,
      ...waveLines(rows, wave.credentials),
    );
  }
  for (const page of plan.blocked) lines.push(...blockedLines((await readPlanPage(estate, page, call())).entries));
  return lines;
}

function waveLines(rows: readonly PlanEntry[], total: number): readonly string[] {
  const shown = rows
    .slice(0, rowsShown)
    .map(({ plan }) => [plan.credential, kindOf(plan), plan.account, targetsOf(plan), plan.copies.join(', ')]);
  const more = total > shown.length ? [`and ${total - shown.length} more`] : [];
  return [...tableLines(['CREDENTIAL', 'KIND', 'ACCOUNT', 'TARGETS', 'COPIES'], shown), ...more];
}

/** Keys keep their kind, unless it is said here. */
function kindOf({ kind, keyType }: PlanEntry['plan']): string {
  return keyType === undefined ? kind : `${kind} ${keyType}`;
}

function targetsOf({ targets }: PlanEntry['plan']): string {
  const ids = targets.map((target) => target.id);
  return ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ');
}

function blockedLines(entries: readonly PlanEntry[]): readonly string[] {
  const rows = entries.map(({ plan, provenance, findings }) => [plan.credential, provenance, findings.join('; ')]);
  return ['', 'cannot be rotated as configured:', ...tableLines(['CREDENTIAL', 'WHERE', 'WHY'], rows)];
}
