import type { Estate } from '../../config/estate.js';
import { copyFindings } from './copyCheck.js';
import { type Finding, merged } from './finding.js';
import type { LiveOptions } from './liveOptions.js';
import { TargetCheck } from './targetCheck.js';
import { vaultFindings } from './vaultCheck.js';

/**
 * Looks at every vault and every target as a dry run would: changes nothing. A login of an account is made
 * only where it changes itself and refusals lock nothing, with the secret that it would use for that. A check that cannot be made is
 * a finding too; nothing is thrown.
 */
export async function liveFindings(estate: Estate, options: LiveOptions): Promise<readonly Finding[]> {
  const vaults = await Promise.all([...estate.vaults.keys()].map((name) => vaultFindings(estate, name, options)));
  const closed = new Set(vaults.filter(({ usable }) => !usable).map(({ name }) => name));
  const targets = new TargetCheck(estate, closed, options);
  const found = await Promise.all([...estate.credentials.values()].map((entry) => targets.findings(entry)));
  const copies = await copyFindings(estate, closed, options);
  return merged([...vaults.flatMap(({ findings }) => findings), ...copies, ...found.flat()]);
}
