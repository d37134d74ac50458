import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Loaded, readEstate } from '../../src/config/readEstate.js';
import { testRegistries } from './registries.js';

export const pin = `SHA256:${'A'.repeat(43)}`;

/** A right estate, line by line; each bad input changes one of these. */
export const rightLines: readonly string[] = [
  'vaults:',
  '  primary: { driver: openbao, address: "http://127.0.0.1:8200", auth: { method: token, tokenEnv: VAULT_TOKEN } }',
  '  second: { driver: openbao, address: "http://127.0.0.1:8201", auth: { method: token, tokenEnv: VAULT_TOKEN } }',
  'artifacts: { driver: folder, path: ./evidence }',
  'targets:',
  `  host-1: { type: linux, address: "127.0.0.1:22", hostKey: "${pin}", management: { account: root, secret: "primary:mgmt/host-1" } }`,
  `  host-2: { type: linux, address: "127.0.0.2:22", hostKey: "${pin}" }`,
  '  router-1: { type: router, address: "127.0.0.3:22", management: { account: admin, secret: "primary:mgmt/router-1" } }',
  'credentials:',
  '  - { id: itron/svc, vendor: itron, kind: password, account: itron-svc, targets: [host-1], copies: ["primary:itron/svc", "second:itron/svc"], everyDays: 30, owner: ot-ops }',
  '  - { id: itron/key, vendor: itron, kind: ssh-key, account: itron-sftp, targets: [host-1, host-2], copies: ["primary:itron/key"] }',
  '  - { id: itron/router, vendor: itron, kind: password, account: itron, targets: [router-1], copies: ["primary:itron/router"] }',
];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'relock-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function readText(text: string | Uint8Array, folder = temporaryFolder()): Loaded {
  const file = join(folder, 'relock.yaml');
  writeFileSync(file, text);
  return readEstate(file, { registries: testRegistries, environment: {}, now: () => 0 });
}
