import { describe, expect, it } from 'vitest';
import type { Estate } from '../../src/config/estate.js';
import { managementCycles, managementNeeds } from '../../src/config/management.js';
import { configInventory } from '../../src/inventory/config/inventory.js';
import { readText, rightLines } from './estateFile.js';

const right = rightLines.join('\n');

function estateOf(text: string): Estate {
  const loaded = readText(text);
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.estate;
}

function digestOf(text: string, id = 'itron/svc'): string | undefined {
  return estateOf(text).credentials.get(id)?.descriptorDigest;
}

describe('relock.yaml as an estate', () => {
  it('resolves credentials with their line, copies, and defaults', () => {
    const entry = estateOf(right).credentials.get('itron/key');
    expect(entry).toMatchObject({
      account: 'itron-sftp',
      targets: ['host-1', 'host-2'],
      copies: [{ vault: 'primary', path: 'itron/key' }],
      everyDays: null,
      owner: null,
      provenance: 'relock.yaml:11',
    });
  });

  it('resolves targets with their management login, host, realm and kinds', () => {
    const target = estateOf(right).targets.get('host-1');
    expect(target?.management).toEqual({ account: 'root', secret: { vault: 'primary', path: 'mgmt/host-1' } });
    expect(target?.bound).toMatchObject({ host: '127.0.0.1:22', realm: 'host-1', kinds: ['password', 'ssh-key'] });
  });

  it('has defaults for waves and timing, and no approvals', () => {
    const estate = estateOf(right);
    expect(estate.waves).toEqual({ canary: 5, size: 200, haltAtFailedPercent: 10, inFlight: 24 });
    expect(estate.timing.callMs).toBeGreaterThan(estate.timing.probeMs);
    expect(estate.approvals).toBeNull();
  });

  it('makes no driver before it is used, then says who cannot be made', () => {
    const estate = estateOf(right);
    expect([...estate.vaults.keys()]).toEqual(['primary', 'second']);
    expect(() => estate.vaults.get('primary')).toThrow('makes no driver');
    expect(estate.vaults.get('third')).toBeUndefined();
  });

  it('an unsupported kind is refused with the target and what to correct', () => {
    expect(() => estateOf(right).targets.get('router-1')?.bound.driver('ssh-key')).toThrow(/router-1.*no ssh-key/);
  });

  it('anchors and aliases may be used', () => {
    const text = right.replace('account: root,', 'account: &boss root,').replace('account: admin,', 'account: *boss,');
    expect(estateOf(text).targets.get('router-1')?.management?.account).toBe('root');
  });

  it('JSON is YAML', () => {
    const text =
      '{"vaults":{"v":{"driver":"openbao","address":"http://h","auth":{"method":"token","tokenEnv":"T"}}},"artifacts":{"driver":"s3","bucket":"b"}}';
    expect(estateOf(text).credentials.size).toBe(0);
  });
});

describe('the descriptor digest', () => {
  it.each([
    ['account', 'itron-svc,', 'itron-svc2,'],
    ['copies', 'second:itron/svc', 'second:itron/other'],
    ['targets', 'targets: [host-1], copies: ["primary:itron/svc"', 'targets: [host-2], copies: ["primary:itron/svc"'],
    ['host key', 'SHA256:AA', 'SHA256:BA'],
    ['address', '127.0.0.1:22', '127.0.0.9:22'],
    ['management reference', 'primary:mgmt/host-1', 'primary:mgmt/other'],
    ['management account', 'account: root', 'account: toor'],
  ])('changes with the %s', (_, from, to) => {
    expect(right).toContain(from);
    expect(digestOf(right.replace(from, to))).not.toBe(digestOf(right));
  });

  it.each([
    ['the order of keys', 'id: itron/svc, vendor: itron', 'vendor: itron, id: itron/svc'],
    [
      'defaults written out',
      'type: linux, address: "127.0.0.1',
      'type: linux, algorithms: default, address: "127.0.0.1',
    ],
    ['the owner', 'ot-ops', 'it-ops'],
    ['the line', 'vaults:', '# a comment\nvaults:'],
    ['another target', '127.0.0.2:22', '127.0.0.9:22'],
  ])('stays with %s', (_, from, to) => {
    expect(right).toContain(from);
    expect(digestOf(right.replace(from, to))).toBe(digestOf(right));
    expect(digestOf(right)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('who is changed by whose login', () => {
  const managed = `${right}\n  - { id: mgmt/host-1, vendor: own, kind: password, account: root, targets: [host-1], copies: ["primary:mgmt/host-1"] }`;

  it('H27 a management credential is needed by the credentials on its target, not by itself', () => {
    const { credentials, targets } = estateOf(managed);
    const needs = managementNeeds(credentials, targets);
    expect([...needs]).toEqual([
      ['itron/svc', ['mgmt/host-1']],
      ['itron/key', ['mgmt/host-1']],
    ]);
  });

  it('circles are found once, in chains of any length', () => {
    const chain = Array.from({ length: 50_000 }, (_, index) => [`c${index}`, [`c${index + 1}`]] as const);
    expect(managementCycles(new Map(chain))).toEqual([]);
    const ring = new Map([...chain, ['c50000', ['c49998']]]);
    expect(managementCycles(ring)).toEqual([['c49998', 'c49999', 'c50000']]);
  });
});

describe('the inventory of a configuration', () => {
  const context = { signal: AbortSignal.timeout(1000), deadline: 0 };

  it('enumerates a vendor completely, with provenance, and nothing of others', async () => {
    const text = right.replace('id: itron/router, vendor: itron', 'id: other/router, vendor: other');
    const inventory = configInventory(estateOf(text));
    expect(await inventory.enumerate('itron', context)).toEqual([
      { id: 'itron/svc', provenance: 'relock.yaml:10' },
      { id: 'itron/key', provenance: 'relock.yaml:11' },
    ]);
    expect(await inventory.enumerate('nobody', context)).toEqual([]);
    expect(await inventory.check(context)).toEqual([]);
  });
});
