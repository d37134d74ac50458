import type { CredentialEntry, Estate } from '../config/estate.js';
import type { PlannedApprovals } from '../model/approval.js';
import {
  type IncidentPlan,
  type PageRef,
  type PlanEntry,
  type PlannedWave,
  type PlanTotals,
  pageSize,
  type WaveKind,
} from '../model/incident.js';
import type { FailurePolicy } from '../model/policy.js';
import type { Instant } from '../model/time.js';
import type { WorkflowIds } from '../model/workflowIds.js';
import { type Canonical, canonical } from './digest.js';
import { locksOf, planRotation } from './planRotation.js';

export interface IncidentRequest {
  /** `incident/<vendor>/<key>`. */
  readonly incident: string;
  readonly vendor: string;
  readonly reason: string;
  readonly policy: FailurePolicy;
  readonly at: Instant;
  /** null: approvals need no signature. */
  readonly approvals: PlannedApprovals | null;
}

export interface MadePlan {
  readonly plan: IncidentPlan;
  readonly manifest: Canonical;
  /** Pages to be stored, by key. */
  readonly pages: ReadonlyMap<string, Uint8Array>;
}

/**
 * Cuts the credentials shared with a vendor into waves: a few of each kind with the fewest targets first (canary), then
 * the rest, then management logins. What cannot work is listed with its reasons, never left out.
 */
export function planIncident(
  estate: Estate,
  entries: readonly CredentialEntry[],
  request: IncidentRequest,
  ids: WorkflowIds,
): MadePlan {
  const pages = new Map<string, Uint8Array>();
  const rows = entries.map((entry) => planEntry(estate, entry, request.policy, ids));
  const blocked = rows.filter((row) => row.findings.length > 0);
  const able = rows.filter((row) => row.findings.length === 0);
  const plan: IncidentPlan = {
    version: 1,
    incident: request.incident,
    vendor: request.vendor,
    reason: request.reason,
    policy: request.policy,
    madeAt: request.at,
    haltAtFailedPercent: estate.waves.haltAtFailedPercent,
    inFlight: estate.waves.inFlight,
    waves: cutWaves(estate, able).map((wave) => storeWave(wave, request, pages)),
    blocked: storePages(blocked, request, pages),
    totals: totalsOf(rows, blocked.length),
    approvals: request.approvals,
  };
  return { plan, manifest: canonical(plan), pages };
}

function planEntry(estate: Estate, entry: CredentialEntry, policy: FailurePolicy, ids: WorkflowIds): PlanEntry {
  const { plan, findings } = planRotation(estate, entry, policy, ids);
  return { plan, provenance: entry.provenance, owner: entry.owner, locks: locksOf(plan), findings };
}

interface Cut {
  readonly kind: WaveKind;
  readonly rows: readonly PlanEntry[];
}

function cutWaves(estate: Estate, rows: readonly PlanEntry[]): readonly Cut[] {
  const management = managementCopies(estate);
  const isManagement = (row: PlanEntry) => row.plan.copies.some((copy) => management.has(copy));
  const ordinary = rows.filter((row) => !isManagement(row)).sort(byRisk);
  const canary = pickCanary(ordinary, estate.waves.canary);
  const rest = ordinary.filter((row) => !canary.includes(row));
  return [
    ...(canary.length > 0 ? [{ kind: 'canary', rows: canary } as const] : []),
    ...chunk(rest, estate.waves.size).map((part) => ({ kind: 'wave', rows: part }) as const),
    ...rows
      .filter(isManagement)
      .sort(byRisk)
      .map((row) => ({ kind: 'management', rows: [row] }) as const),
  ];
}

function managementCopies(estate: Estate): ReadonlySet<string> {
  const refs = [...estate.targets.values()].map((target) => target.management).filter((login) => login !== null);
  return new Set(refs.map(({ secret }) => `${secret.vault}:${secret.path}`));
}

/** Fewest targets and copies first: what breaks least when it goes wrong. Ids make the order certain. */
function byRisk(one: PlanEntry, other: PlanEntry): number {
  return riskOf(one) - riskOf(other) || (one.plan.credential < other.plan.credential ? -1 : 1);
}

function riskOf({ plan }: PlanEntry): number {
  return plan.targets.length * 100 + plan.copies.length;
}

/** Takes the least risky of each kind of login in turn, so that each is tried before many depend on it. */
function pickCanary(rows: readonly PlanEntry[], size: number): readonly PlanEntry[] {
  const lines = new Map<string, PlanEntry[]>();
  for (const row of rows) lines.set(row.plan.kind, [...(lines.get(row.plan.kind) ?? []), row]);
  const picked: PlanEntry[] = [];
  for (let turn = 0; picked.length < Math.min(size, rows.length); turn += 1) {
    for (const line of lines.values()) {
      const row = line[turn];
      if (row !== undefined && picked.length < size) picked.push(row);
    }
  }
  return picked;
}

function storeWave({ kind, rows }: Cut, request: IncidentRequest, pages: Map<string, Uint8Array>): PlannedWave {
  return { kind, credentials: rows.length, targets: targetsOf(rows), pages: storePages(rows, request, pages) };
}

function storePages(
  rows: readonly PlanEntry[],
  request: IncidentRequest,
  pages: Map<string, Uint8Array>,
): readonly PageRef[] {
  return chunk(rows, pageSize).map((entries) => {
    const { bytes, digest } = canonical({ entries });
    const key = `${incidentFolder(request.incident)}/plan/page-${digest}.json`;
    pages.set(key, bytes);
    return { key, digest, credentials: entries.length };
  });
}

/** Where everything about an incident is kept in the artifact store. */
export function incidentFolder(incident: string): string {
  return incident.replace(/^incident\//, 'incidents/');
}

export function manifestKey(incident: string, digest: string): string {
  return `${incidentFolder(incident)}/plan/plan-${digest}.json`;
}

function totalsOf(rows: readonly PlanEntry[], blocked: number): PlanTotals {
  const byKind: Record<string, number> = {};
  for (const { plan } of rows) byKind[plan.kind] = (byKind[plan.kind] ?? 0) + 1;
  const copies = rows.reduce((sum, { plan }) => sum + plan.copies.length, 0);
  return { credentials: rows.length, blocked, targets: targetsOf(rows), copies, byKind };
}

function targetsOf(rows: readonly PlanEntry[]): number {
  return new Set(rows.flatMap(({ plan }) => plan.targets.map((target) => target.id))).size;
}

function chunk<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const parts: Item[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}
