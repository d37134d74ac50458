import pLimit from 'p-limit';
import type { Estate } from '../../config/estate.js';
import type { CallContext } from '../../contracts/context.js';
import type { Login, TargetDriver } from '../../contracts/targetDriver.js';
import type { Expected } from '../../model/copyShape.js';
import { DriverError } from '../../model/errors.js';
import type { PlanEntry } from '../../model/incident.js';
import { presentRefused, undecided } from '../../model/probe.js';
import type { CredentialId, TargetId } from '../../model/record.js';
import { foreseenKeyType, kindChange } from '../../secret/keyKind.js';
import type { Secret } from '../../secret/secret.js';
import { type Clock, callWithin } from '../clock.js';
import { loginFor } from '../login.js';
import { type Copy, type Resolved, resolve } from '../resolve.js';
import { strangersAt } from '../strangers.js';

/** What a dry run found on one page. Texts are relock's own. */
export interface PageFindings {
  readonly checked: number;
  readonly findings: readonly CheckFinding[];
}

export interface CheckFinding {
  readonly credential: CredentialId;
  readonly subject: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** Credentials looked at together; the transports limit what one host sees. */
const atOnce = 8;

/** Logs in once with each present secret, and asks each target and vault whether it would go along. Changes nothing. */
export async function precheckPage(
  estate: Estate,
  clock: Clock,
  entries: readonly PlanEntry[],
  zone: string | null,
): Promise<PageFindings> {
  const limit = pLimit(atOnce);
  const rows = entries.filter((entry) => entry.plan.targets.some((target) => target.zone === zone));
  const findings = await limit.map(rows, (entry) => precheck({ estate, clock }, entry, zone));
  return { checked: rows.length, findings: findings.flat() };
}

interface Hands {
  readonly estate: Estate;
  readonly clock: Clock;
}

/** One credential. */
interface About {
  readonly resolved: Resolved;
  /** What readers get, read once for all that is asked of it; null: nothing. */
  present(): Promise<Secret | null>;
}

async function precheck(hands: Hands, { plan }: PlanEntry, zone: string | null): Promise<readonly CheckFinding[]> {
  const { credential, descriptorDigest } = plan;
  const found: CheckFinding[] = [];
  const note = (subject: string, severity: 'error' | 'warning', message: string) =>
    found.push({ credential, subject, severity, message });
  await guarded(credential, note, async () => {
    const resolved = resolve(hands.estate, { credential, descriptorDigest, token: '', policy: 'forward' });
    for (const copy of [resolved.primary, ...resolved.others])
      await guarded(copy.ref, note, () => checkCopy(hands, copy, resolved.expected, note));
    let reading: Promise<Secret | null> | undefined;
    const present = () => {
      reading ??= presentAt(resolved, callWithin(hands.clock, hands.estate.timing.callMs));
      return reading;
    };
    const about = { resolved, present };
    await guarded(resolved.primary.ref, note, () => checkKind(about, note));
    const here = plan.targets.filter((target) => target.zone === zone);
    for (const { id, login } of here) await guarded(id, note, () => checkTarget(hands, about, id, login, note));
  });
  return found;
}

type Note = (subject: string, severity: 'error' | 'warning', message: string) => void;

async function guarded(subject: string, note: Note, look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    note(subject, 'error', error.message);
  }
}

async function checkCopy({ estate, clock }: Hands, copy: Copy, expected: Expected, note: Note): Promise<void> {
  const findings = await copy.vault.check([copy.path], callWithin(clock, estate.timing.callMs));
  for (const { severity, message } of findings) note(copy.ref, severity, message);
  if (findings.some(({ severity }) => severity === 'error')) return;
  const problems = await copy.vault.problems(copy.path, expected, callWithin(clock, estate.timing.callMs));
  for (const { text } of problems) note(copy.ref, 'error', text);
}

async function checkKind({ resolved, present }: About, note: Note): Promise<void> {
  if (resolved.entry.kind !== 'ssh-key') return;
  const secret = await present();
  const change = secret === null ? null : kindChange(resolved.entry, secret);
  if (change !== null) note(resolved.primary.ref, 'warning', change);
}

async function checkTarget(
  hands: Hands,
  about: About,
  id: TargetId,
  as: 'management' | 'self',
  note: Note,
): Promise<void> {
  const { estate, clock } = hands;
  const { resolved } = about;
  const context = () => callWithin(clock, estate.timing.callMs);
  const { account } = resolved.entry;
  const { driver } = resolved.target(id);
  const deps = { ...hands, vantage: 'dry-run' };
  const via = as === 'self' ? null : await loginFor(deps, resolved, id, { as }, '', context());
  const present = await about.present();
  const foreseen = { next: foreseenKeyType(resolved.entry, present), present };
  const findings = await driver.check(account, via, context(), foreseen);
  for (const { severity, message } of findings) note(id, severity, message);
  const isFirst = present === null || resolved.entry.adopt;
  const whose = { driver, kind: resolved.entry.kind, account };
  const strangers = via === null || !isFirst ? null : await strangersAt(whose, via, present, context());
  if (strangers !== null) note(id, 'warning', strangers);
  if (present === null || findings.some((finding) => finding.severity === 'error')) return;
  const { answer, because } = await driver.probe(account, present, callWithin(clock, estate.timing.probeMs));
  if (answer !== 'accepted') note(id, 'error', because ?? undecided[answer] ?? presentRefused);
  else if (as === 'self') await checkOwnChange(driver, { as, account, secret: present }, context(), id, note);
}

/** What the account itself sees in the way of its change, with the secret that was just accepted. */
async function checkOwnChange(driver: TargetDriver, via: Login, context: CallContext, id: TargetId, note: Note) {
  const obstacle = (await driver.obstacle?.(via.account, via, context)) ?? null;
  if (obstacle !== null) note(id, 'error', obstacle);
}

/** What readers get; null: nothing, which the copy's own check judges. */
async function presentAt({ primary }: Resolved, context: CallContext): Promise<Secret | null> {
  try {
    return await primary.vault.read(primary.path, 'current', context);
  } catch (error) {
    if (error instanceof DriverError && error.code === 'NotFound') return null;
    throw error;
  }
}
