import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabDevice } from '../../src/lab/device.js';
import { Secret } from '../../src/secret/secret.js';
import { AgeDocuments } from '../../src/vaults/file/ageDocuments.js';
import { createIdentity } from '../../src/vaults/file/identity.js';
import { effectContext } from '../contract/targetDriver.harness.js';

/** Names that stand nowhere by chance. */
export const vendor = 'quarzwerk-sued';
export const credentials = [`${vendor}/turbine-login`, `${vendor}/pumpenhaus-login`] as const;
export const incidentKey = 'einbruch-93';

const management = { username: 'root', password: 'the-root-password-9' };

/** A lab device with two accounts of one vendor, a vault of files, and a relock.yaml about them. */
export async function namedEstate(options: { readonly opaqueIds: boolean }) {
  const folder = mkdtempSync(join(tmpdir(), 'relock-named-'));
  const accounts = credentials.map((id, index) => ({ id, name: `svc-${index}`, password: `first-password-${index}` }));
  const device = await LabDevice.start({
    accounts: [{ name: 'root', password: management.password }, ...accounts],
  });
  mkdirSync(join(folder, 'vault'));
  await createIdentity(join(folder, 'vault.key'));
  const vault = new AgeDocuments(join(folder, 'vault'), join(folder, 'vault.key'));
  const write = async (path: string, fields: Readonly<Record<string, string>>) => {
    const { revision } = await vault.read('readers', path, effectContext());
    await vault.write('readers', path, { fields: Secret.of(fields), rest: null }, revision, effectContext());
  };
  await write('mgmt/device', management);
  for (const { id, name, password } of accounts) await write(id, { username: name, password });
  const lines = [
    'vaults: { primary: { driver: file, path: ./vault, identityFile: ./vault.key } }',
    'artifacts: { driver: folder, path: ./evidence }',
    'waves: { canary: 1, size: 1 }',
    'timing: { callMs: 10000, probeMs: 4000, effectMs: 6000, probeAgainMs: 200, settleDeadlineMs: 20000 }',
    ...(options.opaqueIds ? ['codec: { opaqueIds: .relock/ids.key }'] : []),
    `targets: { device: { type: linux, address: "${device.address}", hostKey: "${device.hostKey}", settleMs: 200, management: { account: root, secret: "primary:mgmt/device" } } }`,
    'credentials:',
    ...accounts.map(
      ({ id, name }) =>
        `  - { id: ${id}, vendor: ${vendor}, kind: password, account: ${name}, targets: [device], copies: ["primary:${id}"], everyDays: 30 }`,
    ),
  ];
  mkdirSync(join(folder, 'evidence'));
  writeFileSync(join(folder, 'relock.yaml'), lines.join('\n'));
  return {
    folder,
    async stop() {
      await device.switchOff();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
