import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallContext } from '../contracts/context.js';
import { Secret } from '../secret/secret.js';
import { AgeDocuments } from '../vaults/file/ageDocuments.js';
import { createIdentity } from '../vaults/file/identity.js';
import { demoCredentials, demoDevices, demoVaults, demoVendor } from './demoCast.js';
import type { DemoLab } from './demoLab.js';

/** Fills a folder with a relock.yaml for this lab and its two vaults, and gives the path of relock.yaml. */
export async function writeDemoFolder(folder: string, lab: DemoLab, context: CallContext): Promise<string> {
  const vaults = new Map<string, AgeDocuments>();
  for (const name of demoVaults) {
    await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
    await createIdentity(join(folder, `${name}.key`));
    vaults.set(name, new AgeDocuments(join(folder, name), join(folder, `${name}.key`)));
  }
  await mkdir(join(folder, 'evidence'), { mode: 0o700 });
  await Promise.all([...vaults].map(([name, vault]) => fillVault(vault, name, lab, context)));
  const config = join(folder, 'relock.yaml');
  await writeFile(config, configOf(lab), { flag: 'wx' });
  return config;
}

async function fillVault(vault: AgeDocuments, name: string, lab: DemoLab, context: CallContext): Promise<void> {
  const shared = lab.stolen
    .filter(({ credential }) => credential.vaults.includes(name))
    .map(({ credential, secret }) => [credential.id, credential.account, secret] as const);
  const own = [...lab.management].map(([device, secret]) => [managementPath(device), 'root', secret] as const);
  for (const [path, username, secret] of name === demoVaults[0] ? [...shared, ...own] : shared) {
    const { revision } = await vault.read('readers', path, context);
    const fields = Secret.of({ username }).with(secret);
    await vault.write('readers', path, { fields, rest: null }, revision, context);
  }
}

function managementPath(device: string): string {
  return `mgmt/${device}`;
}

/**
 * Times are short, for a lab on one machine. The last wave may lose three of its twelve: it is where the devices that
 * misbehave are.
 */
function configOf(lab: DemoLab): string {
  return `# The estate of \`relock demo\`: a lab of SSH devices on this machine, which is gone when the demo has ended.
vaults:
${demoVaults.map((name) => `  ${name}: { driver: file, path: ./${name}, identityFile: ./${name}.key }`).join('\n')}
artifacts: { driver: folder, path: ./evidence }
waves: { canary: 5, size: 13, haltAtFailedPercent: 30 }
timing:
  { callMs: 6000, probeMs: 4000, effectMs: 4000, probeAgainMs: 300, settleDeadlineMs: 6000, stragglerMs: 6000 }
targets:
${demoDevices.map(({ id }) => targetLine(id, lab)).join('\n')}
credentials:
${demoCredentials.map(credentialLine).join('\n')}
`;
}

function targetLine(id: string, lab: DemoLab): string {
  const device = lab.devices.get(id);
  const management = `{ account: root, secret: "${demoVaults[0]}:${managementPath(id)}" }`;
  return `  ${id}: { type: linux, address: "${device?.address}", hostKey: "${device?.hostKey}", settleMs: 500, management: ${management} }`;
}

function credentialLine({ id, kind, account, targets, vaults }: (typeof demoCredentials)[number]): string {
  const copies = vaults.map((vault) => `"${vault}:${id}"`).join(', ');
  return `  - { id: ${id}, vendor: ${demoVendor}, kind: ${kind}, account: ${account}, targets: [${targets.join(', ')}], copies: [${copies}] }`;
}
