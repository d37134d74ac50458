import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderStore } from '../../src/artifacts/folder/folderStore.js';
import type { CredentialEntry, Estate, TargetEntry, Timing } from '../../src/config/estate.js';
import type { TargetDriver } from '../../src/contracts/targetDriver.js';
import { LedgerVault } from '../../src/ledger/ledgerVault.js';
import type { Capabilities } from '../../src/model/capabilities.js';
import { Secret } from '../../src/secret/secret.js';
import { MemoryTargetDriver } from '../../src/targets/memory/driver.js';
import { type MemoryDevice, MemoryFleet } from '../../src/targets/memory/fleet.js';
import { MemoryDocuments } from '../../src/vaults/memory/documents.js';

/** Around each call of a driver: it may wait, or throw instead of the answer. */
export interface Meddling {
  before?(verb: string, target: string): Promise<void>;
  after?(verb: string, target: string): Promise<void>;
}

export interface MemoryBench {
  readonly estate: Estate;
  readonly folder: string;
  device(id: string): MemoryDevice;
  /** What the estate's drivers are put through; change it at any time. */
  meddling: Meddling;
  /** Every value that must stay secret. */
  readonly canaries: readonly string[];
  secretOf(credential: string): Promise<Secret>;
  close(): void;
}

export const passwordDevice: Capabilities = {
  overlap: false,
  makers: ['generated'],
  selfChange: true,
  managementChange: true,
  oldDies: 'now',
  undo: 'change',
  secretPolicy: { minLength: 20, maxLength: 40, significantLength: 40, alphabet: 'abcdefghijkmnpqrstuvwxyz23456789' },
  settleMs: 0,
  silenceIsRefusal: false,
  lockoutThreshold: null,
  confirms: false,
  timedCommitMs: null,
  endsSessions: true,
  suspends: true,
  enumerates: false,
};

const quick: Timing = {
  effectMs: 5_000,
  probeAgainMs: 100,
  settleDeadlineMs: 30_000,
  stragglerMs: 60_000,
  soakMs: 0,
  callMs: 10_000,
  probeMs: 2_000,
};

export interface MemoryBenchOptions {
  readonly credentials?: number;
  readonly timing?: Partial<Timing>;
  readonly zone?: string;
  readonly everyDays?: number;
  /** Devices of each credential, `a`, `b` and so on; default 2. */
  readonly targetsEach?: number;
}

/** `count` credentials `acme/svc-<n>`, each on two devices of its own, `dev-<n>-a` and `dev-<n>-b`, in one vault. */
export async function memoryBench({
  credentials = 1,
  timing = {},
  zone,
  everyDays,
  targetsEach = 2,
}: MemoryBenchOptions = {}): Promise<MemoryBench> {
  const folder = mkdtempSync(join(tmpdir(), 'relock-bench-'));
  const documents = new MemoryDocuments();
  const vault = new LedgerVault(documents, Date.now);
  const fleet = new MemoryFleet(Date.now);
  const canaries: string[] = [];
  const targets = new Map<string, TargetEntry>();
  const entries = new Map<string, CredentialEntry>();
  const bench: { meddling: Meddling } = { meddling: {} };
  const management = Secret.of({ password: canary('management', 0, canaries) });
  await documents.write('readers', 'mgmt', { fields: management, rest: null }, '0');
  for (let index = 1; index <= credentials; index += 1) {
    const secret = Secret.of({ password: canary('old', index, canaries) });
    await documents.write(
      'readers',
      `acme/svc-${index}`,
      { fields: secret.with(Secret.of({ username: 'svc' })), rest: null },
      '0',
    );
    const ids = [...'abcdefghijkl'].slice(0, targetsEach).map((letter) => `dev-${index}-${letter}`);
    for (const id of ids) {
      const device = fleet.add(id, {
        capabilities: passwordDevice,
        fields: ['password'],
        management: { account: 'root', secret: management },
      });
      device.setAccount('svc', [secret]);
      targets.set(id, targetOf(device, zone ?? null, bench));
    }
    entries.set(`acme/svc-${index}`, entryOf(index, ids, everyDays ?? null));
  }
  const estate: Estate = {
    file: join(folder, 'relock.yaml'),
    credentials: entries,
    targets,
    vaults: new Map([['primary', vault]]),
    artifacts: new FolderStore(join(folder, 'evidence')),
    approvals: null,
    codecKeyFile: null,
    opaqueIdsFile: null,
    waves: { canary: 1, size: 100, haltAtFailedPercent: 10, inFlight: 24 },
    timing: { ...quick, ...timing },
  };
  return Object.assign(bench, {
    estate,
    folder,
    canaries,
    device: (id: string) => fleet.device(id),
    secretOf: (credential: string) =>
      vault.read(credential, 'current', { signal: new AbortController().signal, deadline: Date.now() + 1000 }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  });
}

function canary(what: string, index: number, canaries: string[]): string {
  const value = `canary-${what}-${index}-${Math.random().toString(36).slice(2)}`;
  canaries.push(value);
  return value;
}

function entryOf(index: number, targets: readonly string[], everyDays: number | null): CredentialEntry {
  return {
    id: `acme/svc-${index}`,
    vendor: 'acme',
    kind: 'password',
    account: 'svc',
    targets,
    copies: [{ vault: 'primary', path: `acme/svc-${index}` }],
    everyDays,
    adopt: false,
    keyType: null,
    usernameDiffers: false,
    owner: null,
    provenance: `relock.yaml:${index}`,
    descriptorDigest: `${index}`.padStart(64, '0'),
  };
}

function targetOf(device: MemoryDevice, zone: string | null, bench: { meddling: Meddling }): TargetEntry {
  const driver = meddled(new MemoryTargetDriver(device), device.id, bench);
  return {
    type: 'memory',
    zone,
    management: { account: 'root', secret: { vault: 'primary', path: 'mgmt' } },
    bound: {
      id: device.id,
      host: device.id,
      realm: device.id,
      kinds: ['password'],
      capabilities: () => passwordDevice,
      accountProblem: () => null,
      driver: () => driver,
    },
  };
}

/** The driver, with whatever the test wants to happen around its calls. */
function meddled(driver: TargetDriver, target: string, bench: { meddling: Meddling }): TargetDriver {
  return new Proxy(driver, {
    get(inner, verb) {
      const found: unknown = Reflect.get(inner, verb, inner);
      if (typeof found !== 'function') return found;
      return async (...args: unknown[]) => {
        await bench.meddling.before?.(String(verb), target);
        const answer: unknown = await Reflect.apply(found, inner, args);
        await bench.meddling.after?.(String(verb), target);
        return answer;
      };
    },
  });
}
