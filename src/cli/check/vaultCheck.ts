import type { Estate } from '../../config/estate.js';
import type { SecretPath, VaultFinding } from '../../contracts/vaultBackend.js';
import { withDeadline } from '../deadline.js';
import { failureFinding } from './failureFinding.js';
import type { Finding } from './finding.js';
import type { LiveOptions } from './liveOptions.js';

export interface VaultResult {
  readonly name: string;
  /** false: nothing can be read there, so nothing that needs it is looked at. */
  readonly usable: boolean;
  readonly findings: readonly Finding[];
}

/** Paths looked at within one deadline. */
const pathsPerCall = 200;

/** Whether relock's login can do there what rotations will need. */
export async function vaultFindings(estate: Estate, name: string, options: LiveOptions): Promise<VaultResult> {
  const findings: Finding[] = [];
  const users = usersOf(estate, name);
  try {
    for (const paths of pages([...users.keys()])) {
      const found = await checkPage(estate, name, paths, options);
      findings.push(...found.map((finding) => vaultFinding(name, finding, users)));
    }
    return { name, usable: true, findings };
  } catch (error) {
    return { name, usable: false, findings: [...findings, failureFinding(error, `vault ${name}`, [])] };
  }
}

async function checkPage(
  estate: Estate,
  name: string,
  paths: readonly SecretPath[],
  { signal, now }: LiveOptions,
): Promise<readonly VaultFinding[]> {
  const vault = estate.vaults.get(name);
  if (vault === undefined) return [];
  const deadline = { ms: estate.timing.callMs, signal, now };
  return withDeadline(deadline, { driver: vault.driver, subject: name }, (context) => vault.check(paths, context));
}

/**
 * Who uses which path there. Management secrets that no credential lists are only read, and whoever looks at their target
 * reads them.
 */
function usersOf(estate: Estate, name: string): ReadonlyMap<SecretPath, readonly string[]> {
  const users = new Map<SecretPath, readonly string[]>();
  for (const { id, copies } of estate.credentials.values()) {
    for (const copy of copies) if (copy.vault === name) users.set(copy.path, [id]);
  }
  return users;
}

/** At least one page: a vault that nothing uses yet is looked at as well. */
function pages(paths: readonly SecretPath[]): readonly (readonly SecretPath[])[] {
  const count = Math.max(1, Math.ceil(paths.length / pathsPerCall));
  return Array.from({ length: count }, (_, page) => paths.slice(page * pathsPerCall, (page + 1) * pathsPerCall));
}

function vaultFinding(name: string, finding: VaultFinding, users: ReadonlyMap<SecretPath, readonly string[]>): Finding {
  const { path, severity, message } = finding;
  const credentials = path === null ? [] : (users.get(path) ?? []);
  return { severity, subject: path === null ? `vault ${name}` : `vault ${name}:${path}`, credentials, message };
}
