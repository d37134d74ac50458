// Writes everything that is derived from code: `npm run generate`. With --check writes nothing and fails on drift.
// Each file in scripts/generators/sources/ (from folder listings) and then documents/ (from the code itself) exports
// `generate`, which returns what should be there.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface Generated {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

type Generator = () => readonly Generated[] | Promise<readonly Generated[]>;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const checkOnly = process.argv.includes('--check');

const drifted: string[] = [];
for (const stage of ['sources', 'documents']) {
  for (const generator of await generatorsOf(stage)) {
    for (const generated of await generator()) settle(generated);
  }
}
if (drifted.length > 0) {
  for (const path of drifted) console.error(`${path} is not what the code says: run npm run generate and commit it`);
  process.exitCode = 1;
}

async function generatorsOf(stage: string): Promise<readonly Generator[]> {
  const folder = join(root, 'scripts', 'generators', stage);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort();
  const modules: object[] = await Promise.all(files.map((name) => import(pathToFileURL(join(folder, name)).href)));
  return modules.map((module): unknown => Reflect.get(module, 'generate')).filter(isGenerator);
}

function isGenerator(value: unknown): value is Generator {
  return typeof value === 'function';
}

function settle({ path, text: raw }: Generated): void {
  const file = join(root, path);
  const text = /\.(ts|json)$/.test(path) ? formatted(path, raw) : raw;
  if (contentOf(file) === text) return;
  if (checkOnly) {
    drifted.push(path);
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`wrote ${path}`);
}

/** As `npm run format` would leave it. */
function formatted(path: string, text: string): string {
  const biome = join(root, 'node_modules', '.bin', 'biome');
  const result = spawnSync(biome, ['check', '--write', `--stdin-file-path=${path}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`biome could not format ${path}: ${result.stderr}`);
  return result.stdout;
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
