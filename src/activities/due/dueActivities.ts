import pLimit from 'p-limit';
import type { CredentialEntry, Estate } from '../../config/estate.js';
import type { InventorySource } from '../../contracts/inventorySource.js';
import { resultsPrefix } from '../../model/artifactKeys.js';
import { DriverError } from '../../model/errors.js';
import type { RotationPlan } from '../../model/plan.js';
import type { CredentialId } from '../../model/record.js';
import { type DueGroup, isDue } from '../../model/schedule.js';
import type { Instant } from '../../model/time.js';
import type { WorkflowIds } from '../../model/workflowIds.js';
import { rotationToken } from '../../planning/digest.js';
import { locksOf, planRotation } from '../../planning/planRotation.js';
import type { SkipReason } from '../../workflows/dueMessages.js';
import { type Clock, callWithin } from '../clock.js';

/** Incidents of this Temporal namespace, as an activity may ask for them. */
export interface OpenIncidents {
  /** Names of the vendor's incidents that have not ended. Throws `DriverError`. */
  ofVendor(vendor: string): Promise<readonly string[]>;
}

export interface DueDeps {
  readonly estate: Estate;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly incidents: OpenIncidents;
  readonly ids: WorkflowIds;
}

export interface DueQuestion extends DueGroup {
  /** When this look was due, and which attempt at it this is: with the credential they make the token. */
  readonly at: Instant;
  readonly attempt: number;
  /** Looked at up to this one. */
  readonly after: CredentialId | null;
}

/** One credential to be rotated now. */
export interface DueRow {
  readonly plan: RotationPlan;
  readonly token: string;
  readonly locks: readonly string[];
}

export interface DuePage {
  readonly rows: readonly DueRow[];
  readonly skipped: readonly { readonly credential: CredentialId; readonly reason: SkipReason }[];
  readonly looked: number;
  /** Go on after this one; null: everything was looked at. */
  readonly next: CredentialId | null;
  readonly haltAtFailedPercent: number;
}

/** Rotations of one run of the look, before it continues as new: there is no hurry. */
const pageSize = 20;

/** Credentials whose vault is asked within one call, and how many of them together. */
const looksPerPage = 500;
const looksAtOnce = 8;

export interface DueActivities {
  /** What of a vendor is due, in the order of ids, a page at a time. Throws only when the inventory or Temporal cannot say. */
  listDue(question: DueQuestion): Promise<DuePage>;
}

export function createDueActivities(deps: DueDeps): DueActivities {
  return { listDue: (question) => listDue(deps, question) };
}

async function listDue(deps: DueDeps, question: DueQuestion): Promise<DuePage> {
  const all = await groupMembers(deps, question);
  const { after } = question;
  const waiting = after === null ? all : all.filter(({ id }) => id > after);
  const held = await heldByIncidents(deps, question.vendor);
  const page = { rows: [] as DueRow[], skipped: [] as DuePage['skipped'][number][], looked: 0 };
  const limit = pLimit(looksAtOnce);
  while (page.rows.length < pageSize && page.looked < Math.min(looksPerPage, waiting.length)) {
    const part = waiting.slice(
      page.looked,
      page.looked + Math.min(pageSize - page.rows.length, looksPerPage - page.looked),
    );
    for (const look of await limit.map(part, (entry) => lookAt(deps, question, entry, held))) {
      if (look.is === 'due') page.rows.push(look.row);
      if (look.is === 'skipped') page.skipped.push(look.skipped);
    }
    page.looked += part.length;
  }
  const last = waiting[page.looked - 1];
  const next = last === undefined || page.looked === waiting.length ? null : last.id;
  return { ...page, next, haltAtFailedPercent: deps.estate.waves.haltAtFailedPercent };
}

async function groupMembers(deps: DueDeps, { vendor, everyDays }: DueGroup): Promise<readonly CredentialEntry[]> {
  const { estate, inventory, clock } = deps;
  const found = await inventory.enumerate(vendor, callWithin(clock, estate.timing.callMs));
  const entries = found.map(({ id }) => estate.credentials.get(id)).filter((entry) => entry !== undefined);
  return entries.filter((entry) => entry.everyDays === everyDays).sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** Whether an open incident holds this credential: those which it has not brought to an end yet. */
async function heldByIncidents(
  { estate, clock, incidents }: DueDeps,
  vendor: string,
): Promise<(credential: CredentialId) => boolean> {
  const ended: ReadonlySet<CredentialId>[] = [];
  for (const incident of await incidents.ofVendor(vendor)) {
    const prefix = resultsPrefix(incident);
    const keys = await estate.artifacts.list(prefix, callWithin(clock, estate.timing.callMs));
    ended.push(new Set(keys.map((key) => key.slice(prefix.length, key.lastIndexOf('/')))));
  }
  return (credential) => ended.some((credentials) => !credentials.has(credential));
}

type Look =
  | { readonly is: 'fresh' }
  | { readonly is: 'due'; readonly row: DueRow }
  | { readonly is: 'skipped'; readonly skipped: DuePage['skipped'][number] };

async function lookAt(
  deps: DueDeps,
  question: DueQuestion,
  entry: CredentialEntry,
  isHeld: (credential: CredentialId) => boolean,
): Promise<Look> {
  const skip = (reason: SkipReason): Look => ({ is: 'skipped', skipped: { credential: entry.id, reason } });
  const rotatedAt = await rotatedAtOf(deps, entry);
  if (rotatedAt === 'unreadable') return skip('unreadable');
  if (!isDue(rotatedAt, question.everyDays, question.at)) return { is: 'fresh' };
  if (isHeld(entry.id)) return skip('incident');
  const { plan, findings } = planRotation(deps.estate, entry, 'restore', deps.ids);
  if (findings.length > 0) return skip('blocked');
  const token = rotationToken(entry.id, new Date(question.at).toISOString(), question.attempt);
  return { is: 'due', row: { plan, token, locks: locksOf(plan) } };
}

/** By relock's own record in the primary vault: a vault's version time also changes when a person edits a note there. */
async function rotatedAtOf(
  { estate, clock }: DueDeps,
  { copies: [primary] }: CredentialEntry,
): Promise<Instant | null | 'unreadable'> {
  const vault = primary && estate.vaults.get(primary.vault);
  if (primary === undefined || vault === undefined) return 'unreadable';
  try {
    return (await vault.state(primary.path, callWithin(clock, estate.timing.callMs))).rotatedAt;
  } catch (error) {
    if (error instanceof DriverError) return 'unreadable';
    throw error;
  }
}
