import type { SshHost } from '../harness/sshHost.js';
import type { Servers } from './estate.js';

export interface Described extends Servers {
  /** Where nobody answers. */
  readonly closedPort: number;
  /** The vendor's AppRole. */
  readonly role: string;
}

/** relock.yaml of the estate. */
export function describeEstate({ vault, hosts, router, postgres, closedPort, role }: Described): string {
  const linux = (name: string, host: SshHost, address = host.address) =>
    `  ${name}: { type: linux, address: "${address}", hostKey: "${host.hostKey}", management: { account: root, secret: "primary:mgmt/hosts" } }`;
  return [
    'vaults:',
    `  primary: { driver: openbao, address: "${vault.address}", mount: ${vault.mount}, auth: { method: token, tokenEnv: RELOCK_TEST_TOKEN } }`,
    '  local: { driver: file, path: ./vault, identityFile: ./vault.key }',
    'artifacts: { driver: folder, path: ./evidence }',
    'approvals: { allowedSigners: ./approvers, required: 1 }',
    'waves: { canary: 1, haltAtFailedPercent: 100 }',
    'timing: { callMs: 20000, probeMs: 10000, effectMs: 15000, probeAgainMs: 500, settleDeadlineMs: 20000, stragglerMs: 1000 }',
    'targets:',
    ...hosts.map((host, index) => linux(`headend-0${index + 1}`, host)),
    linux('switched-off', hosts[0], `127.0.0.1:${closedPort}`),
    `  router: { type: frr, address: "${router.host.address}", hostKey: "${router.host.hostKey}", probeAddress: "${router.vtyAddress}", management: { account: admin, secret: "primary:mgmt/router" } }`,
    `  bao: { type: openbao, address: "${vault.address}", management: { account: root, secret: "primary:mgmt/bao" } }`,
    `  billing-db: { type: postgresql, address: "${postgres.address}", caFile: "${postgres.caFile}", management: { account: relock_manager, secret: "primary:mgmt/postgres" } }`,
    'credentials:',
    ...[
      '{ id: itron/headend-svc, vendor: itron, kind: password, account: itron-svc, targets: [headend-01], copies: ["primary:itron/headend-svc"] }',
      '{ id: itron/everywhere, vendor: itron, kind: password, account: itron-all, targets: [headend-01, headend-02], copies: ["primary:itron/everywhere"] }',
      '{ id: itron/person, vendor: itron, kind: password, account: itron-person, targets: [headend-02], copies: ["primary:itron/person"] }',
      '{ id: itron/sftp-key, vendor: itron, kind: ssh-key, account: itron-key, targets: [headend-02], copies: ["primary:itron/sftp-key"] }',
      '{ id: itron/two, vendor: itron, kind: password, account: itron-two, targets: [headend-01], copies: ["primary:itron/two", "local:itron/two"], adopt: true }',
      '{ id: itron/router-vty, vendor: itron, kind: password, account: vty, targets: [router], copies: ["primary:itron/router-vty"] }',
      '{ id: itron/billing, vendor: itron, kind: password, account: itron_billing, targets: [billing-db], copies: ["primary:itron/billing"] }',
      `{ id: itron/meter-feed, vendor: itron, kind: approle-secret-id, account: ${role}, targets: [bao], copies: ["primary:itron/meter-feed"] }`,
      '{ id: itron/off, vendor: itron, kind: password, account: itron-off, targets: [switched-off], copies: ["primary:itron/off"] }',
      '{ id: acme/rolling, vendor: acme, kind: password, account: acme-svc, targets: [headend-01, headend-03], copies: ["primary:acme/rolling"], everyDays: 30 }',
    ].map((entry) => `  - ${entry}`),
  ].join('\n');
}
