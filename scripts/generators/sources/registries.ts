import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Generated } from '../../generate.js';

/** Driver folders that only tests and models use. */
const testOnly = ['memory'];

const families = [
  { folder: 'targets', exported: 'targetType', list: 'targetTypes', type: 'TargetType' },
  { folder: 'vaults', exported: 'vaultType', list: 'vaultTypes', type: 'VaultType' },
  { folder: 'artifacts', exported: 'artifactType', list: 'artifactTypes', type: 'ArtifactType' },
];

export function generate(): readonly Generated[] {
  return [...families.map(registry), commandList()];
}

function registry({ folder, exported, list, type }: (typeof families)[number]): Generated {
  const names = driverFolders(join('src', folder));
  const imports = names.map((name) => `import { ${exported} as ${identifier(name)} } from './${name}/driver.js';`);
  const lines = [
    header,
    `import type { ${type} } from '../contracts/registration.js';`,
    ...imports,
    '',
    `export const ${list}: readonly ${type}[] = [${names.map(identifier).join(', ')}];`,
    '',
  ];
  return { path: `src/${folder}/index.ts`, text: lines.join('\n') };
}

function commandList(): Generated {
  const names = readdirSync('src/cli/commands')
    .filter((name) => name.endsWith('.ts') && name !== 'index.ts')
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();
  const lines = [
    header,
    `import type { Register } from '../command.js';`,
    ...names.map((name) => `import { register as ${identifier(name)} } from './${name}.js';`),
    '',
    `export const commands: readonly Register[] = [${names.map(identifier).join(', ')}];`,
    '',
  ];
  return { path: 'src/cli/commands/index.ts', text: lines.join('\n') };
}

const header = '// Generated from the folders here by `npm run generate`; do not edit.';

function driverFolders(family: string): readonly string[] {
  if (!existsSync(family)) return [];
  return readdirSync(family)
    .filter((name) => !testOnly.includes(name) && existsSync(join(family, name, 'driver.ts')))
    .sort();
}

/** `aws-secrets-manager` → `awsSecretsManager`. */
function identifier(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
