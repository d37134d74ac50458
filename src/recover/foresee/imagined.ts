import type { RotationPlan } from '../../model/plan.js';
import type { RecordChange, RotationRecord, TargetId, VersionId } from '../../model/record.js';
import type { Instant } from '../../model/time.js';
import { candidateVersion, captureVersion } from '../../model/versionNames.js';
import type { CommandOf, Results } from '../../protocol/commands.js';
import type { Verbs } from '../../protocol/verbs.js';
import { place } from '../finishRecord.js';
import { type Circumstance, foundVersion } from './circumstances.js';
import type { Sight } from './sight.js';

/** Vaults and targets as they would be under this circumstance, with every step succeeding. Nothing real is touched. */
export class Imagined {
  #record: RotationRecord;
  readonly #sight: Sight;
  readonly #plan: RotationPlan;
  readonly #isSilent: boolean;
  readonly #now: () => Instant;
  readonly #accepted = new Map<TargetId, ReadonlySet<VersionId>>();

  constructor(sight: Sight, plan: RotationPlan, { accepted }: Circumstance, now: () => Instant) {
    this.#record = sight.record;
    this.#sight = sight;
    this.#plan = plan;
    this.#isSilent = accepted === null;
    this.#now = now;
    for (const { id } of plan.targets) this.#accepted.set(id, new Set(accepted));
  }

  verbs(): Verbs {
    return {
      open: async () => this.#open(),
      probe: async (_, command) => this.#probe(command),
      stage: async () => ({ record: this.#stage(), unavailable: [] }),
      capture: async (_, command) => ({ record: this.#capture(command.target) }),
      change: async (_, { target, version, write }) => this.#put(target, version, write),
      revert: async (_, { target, write }) => this.#put(target, this.#record.controls[target]?.version, write),
      retire: async (_, command) => this.#retire(command),
      confirm: async () => null,
      endSessions: async () => null,
      suspend: async (_, { write }) => this.#written(write),
      promote: async (_, { copy }) => this.#promote(copy),
      note: async (_, { write }) => {
        this.#written(write);
        return { record: this.#record };
      },
      finish: async (_, { end }) => ({ end }),
    };
  }

  #open(): Results['open'] {
    const { copies, strange } = this.#sight;
    if (strange.some((ref) => copies[ref] === 'differs')) this.#find();
    return { kind: 'opened', record: this.#record, copies };
  }

  #probe({ target, version, write }: CommandOf<'probe'>): Results['probe'] {
    this.#written(write ?? {});
    const vantage = this.#vantageAt(target);
    if (this.#isSilent) return { answer: 'unknown', vantage };
    return { answer: this.#accepts(target).has(version) ? 'accepted' : 'rejected', vantage };
  }

  #stage(): RotationRecord {
    const candidate = candidateVersion(this.#record.token);
    this.#record = { ...this.#record, phase: 'staged', candidate, stagedAt: this.#now() };
    return this.#record;
  }

  #capture(target: TargetId): RotationRecord {
    const captures = { ...this.#record.captures, [target]: captureVersion(this.#record.token, target) };
    this.#record = { ...this.#record, captures };
    return this.#record;
  }

  #put(target: TargetId, version: VersionId | undefined, write: RecordChange): null {
    const { capabilities } = this.#plan.targets.find(({ id }) => id === target) ?? {};
    const before = capabilities?.overlap === true ? this.#accepts(target) : [];
    this.#accepted.set(target, new Set([...before, ...(version === undefined ? [] : [version])]));
    return this.#written(write);
  }

  #retire({ target, old, write }: CommandOf<'retire'>): null {
    this.#accepted.set(target, new Set([...this.#accepts(target)].filter((version) => version !== old)));
    return this.#written(write);
  }

  /** A value that somebody wrote at the primary is met once; what the targets say of it decides. */
  #promote(copy: string): Results['promote'] {
    const isMet = this.#record.olds.includes(foundVersion);
    if (!isMet && copy === this.#plan.copies[0] && this.#sight.strange.includes(copy)) {
      this.#find();
      return { stranger: foundVersion, record: this.#record };
    }
    this.#record = { ...this.#record, phase: 'promoted' };
    return { stranger: null, record: this.#record };
  }

  #find(): void {
    this.#record = { ...this.#record, olds: [...this.#record.olds, foundVersion] };
  }

  /** Only whether it is the place that the record names counts. */
  #vantageAt(target: TargetId): string {
    const known = this.#record.controls[target]?.vantage;
    return known?.startsWith(`${place}/`) === true ? known : `${place}/${target}`;
  }

  #written({ goneFrom: _gone, ...change }: RecordChange): null {
    const refusals = { ...this.#record.refusals, ...change.refusals };
    const controls = { ...change.controls, ...this.#record.controls };
    this.#record = { ...this.#record, ...change, refusals, controls };
    return null;
  }

  #accepts(target: TargetId): ReadonlySet<VersionId> {
    return this.#accepted.get(target) ?? new Set();
  }
}
