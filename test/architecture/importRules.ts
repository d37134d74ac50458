import type { Import } from './sources.js';

/** What the files of a part of src/ may import. Parts and imports are matched by their beginning. */
export interface ImportRule {
  readonly part: string;
  readonly may: readonly string[];
  /** Allowed as `import type` only. */
  readonly mayTypes?: readonly string[];
  /** Packages and Node modules that may not be imported; everything else from outside may, unless `outside` is false. */
  readonly never?: readonly string[];
  /** Whether packages and Node modules may be imported, apart from those in `may`. */
  readonly outside: boolean;
}

const pureParts = ['model/', 'protocol/', 'approval/'];
const driverBasis = ['contracts/', 'model/', 'secret/', 'transport/'];
const temporal = '@temporalio/';

/** The first rule whose part fits a file is its rule; a file without one may import what it likes. */
export const importRules: readonly ImportRule[] = [
  { part: 'model/', may: ['model/'], outside: false },
  { part: 'protocol/', may: ['model/', 'protocol/'], outside: false },
  // The signature check itself: pure as well, and the same in the workflow sandbox.
  { part: 'approval/', may: [...pureParts, '@noble/curves', '@noble/hashes'], outside: false },
  // Runs while relock is built, outside the sandbox.
  { part: 'workflows/bundle/', may: ['workflows/', 'codec/'], outside: true },
  {
    part: 'workflows/',
    may: [...pureParts, 'workflows/', '@temporalio/workflow'],
    mayTypes: ['activities/'],
    outside: false,
  },
  { part: 'secret/', may: ['secret/', 'model/'], never: [temporal], outside: true },
  // zod: a driver's settings are declared as a schema.
  { part: 'contracts/', may: ['contracts/', 'model/', 'secret/', 'zod'], outside: false },
  { part: 'transport/', may: driverBasis, never: [temporal], outside: true },
  // The ledger's document port is one of the contracts that it wraps.
  { part: 'decorate/', may: ['decorate/', 'ledger/', ...driverBasis], never: [temporal], outside: true },
  { part: 'ledger/', may: ['ledger/', ...driverBasis], never: [temporal], outside: true },
  { part: 'vaults/*/', may: ['ledger/', ...driverBasis], never: [temporal], outside: true },
  { part: 'targets/*/', may: driverBasis, never: [temporal], outside: true },
  // relock.yaml itself is one of the inventories: it reads what was loaded.
  { part: 'inventory/*/', may: driverBasis, mayTypes: ['config/'], never: [temporal], outside: true },
  { part: 'artifacts/*/', may: driverBasis, never: [temporal], outside: true },
];

/** Folders of drivers, which only the composition of the program may import. */
const driverParts = ['vaults/', 'targets/', 'inventory/', 'artifacts/'];

/** Packages that speak to one vendor's product; each has one importing folder, where one is fixed it is named. */
export const vendorPackages: Readonly<Record<string, string | null>> = {
  ssh2: 'transport/ssh',
  'node-vault': null,
  'age-encryption': null,
  pg: null,
  mysql2: null,
  ldapts: null,
  'net-snmp': null,
  radius: null,
  '@aws-sdk/client-secrets-manager': null,
  '@aws-sdk/client-iam': null,
  '@aws-sdk/client-s3': null,
};

/** One line for each import that breaks a rule. */
export function brokenRules(imports: readonly Import[]): string[] {
  return [...imports.flatMap(brokenByPart), ...imports.flatMap(activityOnDriver), ...scatteredVendors(imports)];
}

function brokenByPart(one: Import): string[] {
  const rule = importRules.find((candidate) => starts(one.from, candidate.part));
  return rule === undefined || isAllowed(one, rule) ? [] : [`${one.from} imports ${one.to}: ${rule.part} may not`];
}

function isAllowed({ from, to, typeOnly }: Import, rule: ImportRule): boolean {
  const allowed = typeOnly ? [...rule.may, ...(rule.mayTypes ?? [])] : rule.may;
  if (allowed.some((prefix) => to === prefix || to.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)))
    return true;
  if (isInside(to)) return rule.part.includes('*') && folder(from, 2) === folder(to, 2);
  return rule.outside && !(rule.never ?? []).some((prefix) => to.startsWith(prefix));
}

function activityOnDriver({ from, to }: Import): string[] {
  const wrong = from.startsWith('activities/') && driverParts.some((part) => to.startsWith(part));
  return wrong ? [`${from} imports ${to}: activities get drivers by injection`] : [];
}

function scatteredVendors(imports: readonly Import[]): string[] {
  return Object.entries(vendorPackages).flatMap(([name, fixed]) => {
    const importers = imports.filter(({ to }) => to === name || to.startsWith(`${name}/`));
    const folders = [...new Set(importers.map(({ from }) => folder(from, 2)))];
    const wrong = fixed === null ? folders.slice(1) : folders.filter((one) => one !== fixed);
    return wrong.map((one) => `${one} imports ${name}: ${fixed ?? folders[0]} is its one importing folder`);
  });
}

/** Whether an import stays in src/: those were resolved to files. */
function isInside(to: string): boolean {
  return to.endsWith('.ts');
}

/** `part` may have one `*`, for one folder. */
function starts(path: string, part: string): boolean {
  const [head = '', tail] = part.split('*');
  if (tail === undefined) return path.startsWith(part);
  return path.startsWith(head) && path.slice(head.length).includes('/');
}

function folder(path: string, depth: number): string {
  return path.split('/').slice(0, -1).slice(0, depth).join('/');
}
