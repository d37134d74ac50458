import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '../../src/servers/waitUntil.js';
import type { IncidentResult } from '../../src/workflows/incidentMessages.js';
import { places } from './loadSpec.js';
import type { Stage } from './stage.js';
import { type ClosingReport, countsOf, type StoredEnd, verdict } from './verdict.js';
import type { Truth } from './witness.js';

export interface Findings {
  /** How many ended in which state. */
  readonly ends: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  /** Faults met, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** Of the first credentials that violate something: all that was asked about them, and answered. */
  readonly journals: Readonly<Record<string, readonly string[]>>;
}

const mostJournals = 5;

const settleTimeoutMs = 120_000;

/** When nothing more is to come: what was said, beside what is so. */
export async function look({ client, estate, folder }: Stage, incident: string): Promise<Findings> {
  const result: IncidentResult = await client.workflow.getHandle(incident).result();
  const quiet = async () => ((await estate.call<number>('control', 'delayed')) === 0 ? true : undefined);
  await waitUntil(quiet, { what: 'the last late effect', timeoutMs: settleTimeoutMs });
  const ends = readAll<StoredEnd>(places.results(folder, incident));
  const report: ClosingReport = readOne(join(places.evidence(folder), result.report ?? ''));
  const [truths, seen] = await Promise.all([
    estate.call<readonly Truth[]>('control', 'truth'),
    estate.call<readonly string[]>('control', 'problems'),
  ]);
  const violations = [...seen, ...verdict(truths, ends, report), ...(await leftRunning(client))];
  const violating = truths
    .map(({ credential }) => credential)
    .filter((id) => violations.some((one) => one.startsWith(`${id}: `)));
  const journals = violating
    .slice(0, mostJournals)
    .map(async (id) => [id, await estate.call<readonly string[]>('control', 'journal', id)] as const);
  return {
    ends: countsOf(ends.map(({ state }) => state)),
    reasons: countsOf(ends.flatMap(({ state, reason }) => (reason === null ? [] : [`${state}(${reason})`]))),
    violations,
    journals: Object.fromEntries(await Promise.all(journals)),
    faults: await estate.call('control', 'faults'),
  };
}

/** The list of workflows may be a moment behind. */
async function leftRunning({ workflow }: Stage['client']): Promise<readonly string[]> {
  const running = async () => (await workflow.count('ExecutionStatus="Running"')).count;
  const none = async () => ((await running()) === 0 ? [] : undefined);
  return waitUntil(none, { what: 'the end of all workflows', timeoutMs: 30_000 }).catch(async () => [
    `${await running()} workflows still run although the incident has finished`,
  ]);
}

function readAll<Document>(folder: string): readonly Document[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /(^|\/)[^./][^/]*\.json$/.test(name)).map((name) => readOne(join(folder, name)));
}

/** Read with none of relock's code. */
function readOne(file: string) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
