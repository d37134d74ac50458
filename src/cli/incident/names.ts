import type { Estate } from '../../config/estate.js';
import { didYouMean } from '../../config/nearest.js';
import { idProblem } from '../../model/identifiers.js';
import { UsageError } from '../failures.js';

/** `itron/inc-42` or `incident/itron/inc-42`: as a workflow id. */
export function incidentId(given: string): string {
  const id = given.startsWith('incident/') ? given : `incident/${given}`;
  const problem = idProblem(id) ?? (id.split('/').length < 3 ? 'expected <vendor>/<key>' : null);
  if (problem === null) return id;
  throw new UsageError(`"${given}" is no incident: ${problem}. \`relock incident list\` shows those there are`);
}

/** A vendor with something to rotate, or exit 2. */
export function knownVendor(estate: Estate, vendor: string): string {
  const vendors = [...new Set([...estate.credentials.values()].map((entry) => entry.vendor))].sort();
  if (vendors.includes(vendor)) return vendor;
  const hint = didYouMean(vendor, vendors);
  throw new UsageError(
    `nothing is shared with the vendor "${vendor}"${hint}; nothing was touched. relock.yaml names: ${vendors.join(', ') || 'no vendor'}`,
  );
}

const keyLength = 60;

/** The incident's key: as given, else made of the reason, so that the same reason names the same incident. */
export function incidentKey(given: string | undefined, reason: string): string {
  const key = given ?? slugOf(reason);
  const problem = idProblem(key) ?? (key.includes('/') ? 'expected no slash' : null);
  if (problem === null) return key;
  if (given !== undefined) throw new UsageError(`--key "${given}": ${problem}`);
  throw new UsageError('no key can be made of this --reason; give one: --key inc-42');
}

function slugOf(reason: string): string {
  const words = reason.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return words.slice(0, keyLength).replaceAll(/^-+|-+$/g, '');
}
