import pLimit, { type LimitFunction } from 'p-limit';
import { strangersAt } from '../../activities/strangers.js';
import type { CredentialEntry, Estate, SecretRef, TargetEntry } from '../../config/estate.js';
import { formatSecretRef } from '../../config/secretRef.js';
import type { CallContext } from '../../contracts/context.js';
import type { Login, TargetFinding } from '../../contracts/targetDriver.js';
import { requireLogin, unseenInLogin } from '../../ledger/managementSecret.js';
import { loginAt } from '../../planning/planRotation.js';
import type { Secret } from '../../secret/secret.js';
import { withDeadline } from '../deadline.js';
import { failureFinding } from './failureFinding.js';
import type { Finding } from './finding.js';
import type { LiveOptions } from './liveOptions.js';
import { foreseenOf, kindFindings, type Present, presentOf } from './presentSecret.js';

/** Logins at once over all hosts, and to one of them: more, and OpenSSH drops some unseen (`MaxStartups`). */
const checksAtOnce = 32;
const checksPerHost = 4;

/** Looks at credentials on their targets, at most a few at a time on each host. */
export class TargetCheck {
  readonly #all = pLimit(checksAtOnce);
  readonly #hosts = new Map<string, LimitFunction>();
  readonly #secrets = new Map<string, Promise<Secret>>();

  constructor(
    private readonly estate: Estate,
    /** Vaults of which nothing can be read. */
    private readonly closedVaults: ReadonlySet<string>,
    private readonly options: LiveOptions,
  ) {}

  async findings(entry: CredentialEntry): Promise<readonly Finding[]> {
    const present = await this.#present(entry);
    const found = await Promise.all(this.#targetsOf(entry).map((target) => this.#onTarget(entry, target, present)));
    return [...kindFindings(entry, present), ...found.flat()];
  }

  #targetsOf(entry: CredentialEntry): readonly TargetEntry[] {
    return entry.targets.flatMap((id) => this.estate.targets.get(id) ?? []);
  }

  /** Of a password nothing is asked that depends on it, unless it is the login that will change it. */
  async #present(entry: CredentialEntry): Promise<Present> {
    const isClosed = entry.copies.slice(0, 1).some(({ vault }) => this.closedVaults.has(vault));
    if (isClosed || (entry.kind === 'password' && !this.#targetsOf(entry).some((each) => asksItself(each, entry))))
      return 'unreadable';
    return this.#all(() => presentOf(this.estate, entry, this.options));
  }

  async #onTarget(entry: CredentialEntry, target: TargetEntry, present: Present): Promise<readonly Finding[]> {
    return this.#host(target.bound.host)(() => this.#all(() => this.#look(entry, target, present)));
  }

  async #look(entry: CredentialEntry, target: TargetEntry, present: Present): Promise<readonly Finding[]> {
    const { id } = target.bound;
    const subject = `target ${id}`;
    const vault = target.management?.secret.vault;
    if (vault !== undefined && this.closedVaults.has(vault)) return [notLookedAt(subject, entry.id, vault)];
    try {
      const via = await this.#managementLogin(target);
      const found = await this.#call({ driver: target.type, subject: id }, (context) =>
        findingsAt(entry, target, { via, present }, context),
      );
      return [...found, ...unseenIn(target, via)].map((each) => ({ ...each, subject, credentials: [entry.id] }));
    } catch (error) {
      return [failureFinding(error, subject, [entry.id])];
    }
  }

  async #managementLogin({ management }: TargetEntry): Promise<Login | null> {
    if (management === null) return null;
    const key = formatSecretRef(management.secret);
    const secret = this.#secrets.get(key) ?? this.#read(management.secret);
    this.#secrets.set(key, secret);
    return { as: 'management', account: management.account, secret: await secret };
  }

  /** As a rotation does it: it also asks whether that login is being rotated itself. */
  async #read(ref: SecretRef): Promise<Secret> {
    const vault = this.estate.vaults.get(ref.vault);
    if (vault === undefined) throw new RangeError('a reference was not checked before it was used');
    const subject = { driver: vault.driver, subject: formatSecretRef(ref) };
    return this.#call(subject, async (context) => {
      await vault.state(ref.path, context);
      const secret = await vault.read(ref.path, 'current', context);
      requireLogin(formatSecretRef(ref), secret);
      return secret;
    });
  }

  #call<Result>(
    subject: { driver: string; subject: string },
    call: Parameters<typeof withDeadline<Result>>[2],
  ): Promise<Result> {
    return withDeadline({ ms: this.estate.timing.callMs, ...this.options }, subject, call);
  }

  #host(host: string): LimitFunction {
    const limit = this.#hosts.get(host) ?? pLimit(checksPerHost);
    this.#hosts.set(host, limit);
    return limit;
  }
}

function unseenIn({ management }: TargetEntry, via: Login | null): readonly Pick<Finding, 'severity' | 'message'>[] {
  if (management === null || via === null) return [];
  const texts = unseenInLogin(formatSecretRef(management.secret), via.secret);
  return texts.map((message) => ({ severity: 'error', message }));
}

/** What the driver finds, and, where nobody has shown that there are none, what else opens the account. */
async function findingsAt(
  entry: CredentialEntry,
  target: TargetEntry,
  { via, present }: { readonly via: Login | null; readonly present: Present },
  context: CallContext,
): Promise<readonly TargetFinding[]> {
  const { kind, account } = entry;
  const driver = target.bound.driver(kind);
  const found = await driver.check(account, via, context, foreseenOf(entry, present) ?? undefined);
  const isAsked = !found.some(({ severity }) => severity === 'error');
  const own = isAsked ? await ownObstacle(entry, target, present, context) : null;
  if (own !== null) return [...found, { severity: 'error', message: own }];
  const isFirst = present === 'absent' || (entry.adopt && present !== 'unreadable');
  if (via === null || !isFirst) return found;
  const known = present === 'absent' ? null : present;
  const message = await strangersAt({ driver, kind, account }, via, known, context);
  return message === null ? found : [...found, { severity: 'warning', message }];
}

/** Where the account changes itself, only it can see whether it may: it logs in once, unless a refusal of that could lock it. */
function asksItself(target: TargetEntry, entry: CredentialEntry): boolean {
  const { lockoutThreshold } = target.bound.capabilities(entry.kind);
  return loginAt(target, entry) === 'self' && lockoutThreshold === null;
}

async function ownObstacle(
  entry: CredentialEntry,
  target: TargetEntry,
  present: Present,
  context: CallContext,
): Promise<string | null> {
  if (typeof present === 'string' || !asksItself(target, entry)) return null;
  const { account } = entry;
  const via: Login = { as: 'self', account, secret: present };
  return (await target.bound.driver(entry.kind).obstacle?.(account, via, context)) ?? null;
}

function notLookedAt(subject: string, credential: string, vault: string): Finding {
  const message = `not looked at: its management secret is in vault ${vault}, which cannot be used; correct that first`;
  return { severity: 'error', subject, credentials: [credential], message };
}
