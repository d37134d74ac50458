import type { Hold } from '../contracts/vaultBackend.js';
import { canonicalJson } from '../model/canonicalJson.js';
import type { EndState } from '../model/endStates.js';
import {
  type Gone,
  type Opening,
  type RecordChange,
  type Refusals,
  type RotationRecord,
  recordPhases,
  type SpentToken,
  type TargetId,
  type VersionId,
} from '../model/record.js';
import type { Instant } from '../model/time.js';
import { baseLabel, candidateVersion, captureVersion, oldVersion } from '../model/versionNames.js';
import type { Secret } from '../secret/secret.js';

export type MayBeAt = Readonly<Record<VersionId, readonly TargetId[]>>;

/** All that relock remembers of one path, values of held versions included. Written as a whole, or not at all. */
export interface LedgerDocument {
  readonly record: RotationRecord | null;
  readonly held: ReadonlyMap<VersionId, Secret>;
  /** Versions of finished rotations that some target may still accept. Empty while a record is open: it took them over. */
  readonly leftovers: MayBeAt;
  /** Owned fields of the latest rotation: what makes two values the same. */
  readonly ownedFields: readonly string[];
  /** Latest last. */
  readonly spent: readonly SpentToken[];
  readonly rotatedAt: Instant | null;
  /** Counted by finished rotations; while a record is open, its own count holds. */
  readonly refusals: Refusals;
}

export type OpenDocument = LedgerDocument & { readonly record: RotationRecord };

export const emptyDocument: LedgerDocument = {
  record: null,
  held: new Map(),
  leftovers: {},
  ownedFields: [],
  spent: [],
  rotatedAt: null,
  refusals: {},
};

/** How many spent tokens are remembered. */
const spentKept = 32;

/** The document with a new record. `current` is what readers get; null: they get no owned field. */
export function openDocument(document: LedgerDocument, opening: Opening, current: Secret | null): OpenDocument {
  const inherited = Object.keys(document.leftovers);
  const same = current === null ? null : inherited.find((version) => isSame(document, version, current, opening));
  const base = current === null ? null : (same ?? oldVersion(opening.token, baseLabel));
  const held = new Map(document.held);
  if (base !== null && current !== null && !held.has(base)) held.set(base, current);
  const mayBeAt = base === null ? document.leftovers : grown(document.leftovers, base, opening.targets);
  const record: RotationRecord = {
    ...opening,
    pastHeads: [],
    phase: 'opened',
    base,
    olds: Object.keys(mayBeAt),
    candidate: null,
    stagedAt: null,
    captures: {},
    mayBeAt,
    effectsNotAfter: null,
    slotsBefore: null,
    suspended: [],
    refusals: document.refusals,
    controls: {},
  };
  return { ...document, record, held, leftovers: {}, ownedFields: opening.ownedFields };
}

/** How many heads are remembered that lost their place. */
const headsKept = 32;

/** The record in the hands of another head. */
export function takenOver(record: RotationRecord, head: string): RotationRecord {
  return { ...record, head, pastHeads: [...record.pastHeads, record.head].slice(-headsKept) };
}

function isSame(document: LedgerDocument, version: VersionId, value: Secret, opening: Opening): boolean {
  return document.held.get(version)?.equals(value, opening.ownedFields) ?? false;
}

/** Phases only go forward, deadlines only get later: a repeat that comes late changes nothing. */
export function noteChange(document: OpenDocument, change: RecordChange): OpenDocument {
  const { record } = document;
  const next: RotationRecord = {
    ...record,
    phase: laterPhase(record.phase, change.phase ?? record.phase),
    policy: change.policy ?? record.policy,
    effectsNotAfter: laterInstant(record.effectsNotAfter, change.effectsNotAfter ?? null),
    slotsBefore: change.slotsBefore ?? record.slotsBefore,
    suspended: change.suspended ?? record.suspended,
    refusals: { ...record.refusals, ...change.refusals },
    controls: { ...change.controls, ...record.controls },
    mayBeAt: (change.goneFrom ?? []).reduce(shrunk, record.mayBeAt),
  };
  return canonicalJson(next) === canonicalJson(record) ? document : { ...document, record: next };
}

/** The name under which `hold` keeps a value. */
export function heldVersionName(token: string, held: Hold): VersionId {
  return held.role === 'old' ? oldVersion(token, held.label) : captureVersion(token, held.target);
}

/** Keeps one more version; what is held under that name already stays as it is. */
export function holdVersion(document: OpenDocument, hold: Hold): OpenDocument {
  const { record } = document;
  const version = heldVersionName(record.token, hold);
  if (document.held.has(version)) return document;
  const held = new Map(document.held).set(version, hold.secret);
  if (hold.role === 'capture') {
    return { ...document, held, record: { ...record, captures: { ...record.captures, [hold.target]: version } } };
  }
  const mayBeAt = { ...record.mayBeAt, [version]: hold.mayBeAt };
  return { ...document, held, record: { ...record, olds: [...record.olds, version], mayBeAt } };
}

/** Keeps the candidate; from then on every target may be at it. */
export function stageCandidate(document: OpenDocument, secret: Secret, at: Instant): OpenDocument {
  const { record } = document;
  const candidate = candidateVersion(record.token);
  return {
    ...document,
    held: new Map(document.held).set(candidate, secret),
    record: {
      ...record,
      phase: laterPhase(record.phase, 'staged'),
      candidate,
      stagedAt: at,
      mayBeAt: { ...record.mayBeAt, [candidate]: record.targets },
    },
  };
}

/** Targets that may accept this version, by the open record or by finished ones. */
export function targetsOf(document: LedgerDocument, version: VersionId): readonly TargetId[] {
  return (document.record?.mayBeAt ?? document.leftovers)[version] ?? [];
}

/** Forgets a version. The record keeps the name of its candidate: a token is never staged twice. */
export function dropVersion(document: LedgerDocument, version: VersionId): LedgerDocument {
  const held = new Map(document.held);
  held.delete(version);
  const { record } = document;
  if (record === null) return { ...document, held, leftovers: without(document.leftovers, version) };
  const next: RotationRecord = {
    ...record,
    base: record.base === version ? null : record.base,
    olds: record.olds.filter((old) => old !== version),
    captures: Object.fromEntries(Object.entries(record.captures).filter(([, name]) => name !== version)),
    mayBeAt: without(record.mayBeAt, version),
  };
  return { ...document, held, record: next };
}

/**
 * The document with its record closed. A version stays as a leftover while some target may accept it; what readers get as
 * well, since somebody may write over that at any time, and it would be nowhere. Only a candidate that relock made itself
 * and never sent can be nowhere.
 */
export function finishDocument(document: OpenDocument, end: EndState, at: Instant): LedgerDocument {
  const { record } = document;
  const leftovers = Object.fromEntries(
    Object.entries(record.mayBeAt).filter(
      ([version, targets]) => document.held.has(version) && targets.length > 0 && !neverSent(record, version),
    ),
  );
  return {
    ...document,
    record: null,
    held: new Map([...document.held].filter(([version]) => Object.hasOwn(leftovers, version))),
    leftovers,
    spent: [...document.spent, { token: record.token, end, at }].slice(-spentKept),
    refusals: record.refusals,
    rotatedAt: end === 'rotated' || end === 'replaced' ? at : document.rotatedAt,
  };
}

function neverSent(record: RotationRecord, version: VersionId): boolean {
  return version === record.candidate && record.maker === 'generated' && record.effectsNotAfter === null;
}

function grown(mayBeAt: MayBeAt, version: VersionId, targets: readonly TargetId[]): MayBeAt {
  return { ...mayBeAt, [version]: [...new Set([...(mayBeAt[version] ?? []), ...targets])] };
}

function shrunk(mayBeAt: MayBeAt, gone: Gone): MayBeAt {
  const before = mayBeAt[gone.version];
  if (before === undefined) return mayBeAt;
  return { ...mayBeAt, [gone.version]: before.filter((target) => !gone.targets.includes(target)) };
}

function without(mayBeAt: MayBeAt, version: VersionId): MayBeAt {
  return Object.fromEntries(Object.entries(mayBeAt).filter(([name]) => name !== version));
}

function laterPhase(one: RotationRecord['phase'], other: RotationRecord['phase']): RotationRecord['phase'] {
  return recordPhases.indexOf(one) >= recordPhases.indexOf(other) ? one : other;
}

function laterInstant(one: Instant | null, other: Instant | null): Instant | null {
  return one === null ? other : Math.max(one, other ?? one);
}
