import pLimit from 'p-limit';
import type { CredentialEntry, Estate, SecretRef } from '../../config/estate.js';
import { expectedOf } from '../../config/expected.js';
import { formatSecretRef } from '../../config/secretRef.js';
import { withDeadline } from '../deadline.js';
import { failureFinding } from './failureFinding.js';
import type { Finding } from './finding.js';
import type { LiveOptions } from './liveOptions.js';

/** Secrets read at once. */
const readsAtOnce = 16;

/** Whether what readers of every copy get can be the credential's secret. Values are looked at, and never shown. */
export async function copyFindings(
  estate: Estate,
  closedVaults: ReadonlySet<string>,
  options: LiveOptions,
): Promise<readonly Finding[]> {
  const limit = pLimit(readsAtOnce);
  const found = await limit.map([...estate.credentials.values()], async (entry) => {
    const readable = entry.copies.filter(({ vault }) => !closedVaults.has(vault));
    return (await Promise.all(readable.map((copy) => findingsOf(estate, entry, copy, options)))).flat();
  });
  return found.flat();
}

async function findingsOf(
  estate: Estate,
  entry: CredentialEntry,
  copy: SecretRef,
  { signal, now }: LiveOptions,
): Promise<readonly Finding[]> {
  const vault = estate.vaults.get(copy.vault);
  if (vault === undefined) return [];
  const subject = `vault ${formatSecretRef(copy)}`;
  const deadline = { ms: estate.timing.callMs, signal, now };
  try {
    const problems = await withDeadline(deadline, { driver: vault.driver, subject }, (context) =>
      vault.problems(copy.path, expectedOf(entry), context),
    );
    return problems.map(({ text }) => ({ severity: 'error', subject, credentials: [entry.id], message: text }));
  } catch (error) {
    return [failureFinding(error, subject, [entry.id])];
  }
}
