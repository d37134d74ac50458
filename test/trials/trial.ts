import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { precheckPage } from '../../src/activities/incident/precheck.js';
import { createRotationVerbs } from '../../src/activities/rotation.js';
import { liveFindings } from '../../src/cli/check/liveCheck.js';
import type { Estate } from '../../src/config/estate.js';
import { loadEstate } from '../../src/config/loadEstate.js';
import type { EndState, Reason } from '../../src/model/endStates.js';
import type { FailurePolicy } from '../../src/model/policy.js';
import { plainIds } from '../../src/model/workflowIds.js';
import { planRotation } from '../../src/planning/planRotation.js';
import { causesOf } from '../../src/protocol/causes.js';
import { beginRotation, rotate } from '../../src/protocol/rotate.js';
import { directInterpreter } from '../../src/recover/directInterpreter.js';
import { freshMount, type TestMount } from '../contract/openbao.harness.js';
import { freshToken } from '../contract/vaultBackend.harness.js';

/** How one rotation ended, as people are told. */
export interface TrialEnd {
  /** Such as `untouched(barred)`. */
  readonly end: string;
  readonly state: EndState;
  readonly reason: Reason | null;
  readonly exposed: boolean;
  readonly open: boolean;
  readonly causes: readonly string[];
  /** Logins of the account. */
  readonly logins: number;
}

/** `check` makes no login of the account; a dry run makes one with its present secret. */
export type Foreseer = 'check' | 'dry run';
/** Nothing shows it without an effect. */
export const nobody: readonly Foreseer[] = [];
const everybody: readonly Foreseer[] = ['check', 'dry run'];

/** A relock.yaml over real servers, and what `relock check` and a rotation say of it. */
export interface Trial {
  readonly mount: TestMount;
  readonly folder: string;
  /** Errors only, as they are told. */
  check(): Promise<readonly string[]>;
  warnings(): Promise<readonly string[]>;
  /** What an incident's dry run finds, errors and warnings. */
  dryRun(): Promise<readonly string[]>;
  /** One that ends `untouched` must have been foreseen, in the same words, by those who can see it without an effect. */
  rotate(policy?: FailurePolicy, foreseenBy?: readonly Foreseer[]): Promise<TrialEnd>;
  /** A person edits relock.yaml. */
  rewrite(from: string, to: string): void;
  stop(): void;
}

export const credential = 'itron/svc';

export interface TrialOptions {
  /** Lines below `vaults:`, beside `primary`, an OpenBao mount of its own. */
  readonly vaults?: readonly string[];
  /** One line each, as `name: { type: … }`. */
  readonly targets: readonly string[];
  /** Of the credential, beside id, vendor and copies. */
  readonly entry: string;
  /** Default: `primary:itron/svc`. */
  readonly copies?: string;
  /** In the place of `copies`, by the name of the primary's mount. */
  readonly copiesOf?: (mount: string) => string;
  readonly timing?: string;
}

const quick =
  'effectMs: 8000, probeAgainMs: 200, settleDeadlineMs: 12000, stragglerMs: 1000, callMs: 15000, probeMs: 6000';

export async function startTrial(options: TrialOptions): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'relock-trial-'));
  const mount = await freshMount();
  const { vaults = [], targets, entry, timing = quick } = options;
  const copies = options.copiesOf?.(mount.mount) ?? options.copies ?? `["primary:${credential}"]`;
  const primary = `{ driver: openbao, address: "${mount.address}", mount: ${mount.mount}, auth: { method: token, tokenEnv: TRIAL } }`;
  const lines = [
    'vaults:',
    `  primary: ${primary}`,
    ...vaults.map((line) => `  ${line}`),
    'artifacts: { driver: folder, path: ./evidence }',
    `timing: { ${timing} }`,
    'targets:',
    ...targets.map((line) => `  ${line}`),
    'credentials:',
    `  - { id: ${credential}, vendor: itron, copies: ${copies}, ${entry} }`,
    '',
  ];
  writeFileSync(join(folder, 'relock.yaml'), lines.join('\n'));
  const estate = () => estateAt(folder, mount.rootToken);
  return {
    mount,
    folder,
    check: () => messages(estate(), 'error'),
    warnings: () => messages(estate(), 'warning'),
    dryRun: () => dryRunOf(estate()),
    rotate: async (policy = 'forward', foreseenBy = everybody) => {
      const ended = await rotateOnce(estate(), policy);
      if (ended.state === 'untouched') await expectForeseen(estate(), ended.causes, foreseenBy);
      return ended;
    },
    rewrite: (from, to) => {
      const file = join(folder, 'relock.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
    },
    stop: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function estateAt(folder: string, token: string): Estate {
  const loaded = loadEstate(join(folder, 'relock.yaml'), { environment: { TRIAL: token }, now: Date.now });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.estate;
}

async function messages(estate: Estate, severity: 'error' | 'warning'): Promise<readonly string[]> {
  const findings = await liveFindings(estate, { signal: new AbortController().signal, now: Date.now });
  return findings.filter((finding) => finding.severity === severity).map(({ message }) => message);
}

const clock = { now: Date.now, signal: () => new AbortController().signal };

async function dryRunOf(estate: Estate): Promise<readonly string[]> {
  const { entry, plan } = plannedIn(estate, 'forward');
  const row = { plan, provenance: entry.provenance, owner: null, locks: [], findings: [] };
  const { findings } = await precheckPage(estate, clock, [row], null);
  return findings.map(({ message }) => message);
}

/** Nothing was changed, so that what they say now is what they said before. */
async function expectForeseen(
  estate: Estate,
  causes: readonly string[],
  foreseenBy: readonly Foreseer[],
): Promise<void> {
  const lists: Readonly<Record<Foreseer, () => Promise<readonly string[]>>> = {
    check: async () => [...(await messages(estate, 'error')), ...(await messages(estate, 'warning'))],
    'dry run': () => dryRunOf(estate),
  };
  for (const who of foreseenBy) {
    const said = (await lists[who]()).map(bareWords);
    expect({ who, said }).toEqual({ who, said: expect.arrayContaining(causes.map(bareWords)) });
  }
}

/** Without where it is, which each list has in a place of its own, and that nothing was changed, which goes without saying there. */
function bareWords(text: string): string {
  return text
    .replace(/ \([A-Z][A-Za-z]+\)$/, '')
    .replace(/[.;] [Nn]othing was changed\.?$/, '')
    .replace(/^(?:(?:PostgreSQL at )?[\w:./-]+(?: \(login [^)]*\))?: ){1,3}/, '');
}

function plannedIn(estate: Estate, policy: FailurePolicy) {
  const entry = estate.credentials.get(credential);
  if (entry === undefined) throw new RangeError('the trial has no credential');
  const { plan, findings } = planRotation(estate, entry, policy, plainIds);
  if (findings.length > 0) throw new Error(findings.join('; '));
  return { entry, plan };
}

async function rotateOnce(estate: Estate, policy: FailurePolicy): Promise<TrialEnd> {
  const { plan } = plannedIn(estate, policy);
  const verbs = createRotationVerbs({ estate, clock, vantage: 'main' });
  let logins = 0;
  const counted: typeof verbs = {
    ...verbs,
    probe: (rotation, command) => {
      logins += 1;
      return verbs.probe(rotation, command);
    },
  };
  const interpreter = directInterpreter({
    verbs: counted,
    head: randomUUID(),
    clock,
    onStep: () => undefined,
    onWait: () => undefined,
  });
  const order = { plan, token: freshToken(), policy };
  const { end, rotation } = await rotate(beginRotation(order, Date.now()), interpreter);
  const { state, reason, flags, open } = end;
  const name = reason === null ? state : `${state}(${reason})`;
  return { end: name, state, reason, exposed: flags.exposed, open, causes: causesOf(rotation.state, end), logins };
}
