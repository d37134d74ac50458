import type { LoadedArtifacts } from './artifacts.js';
import type { Loading, Named } from './loading.js';
import type { LoadedTarget } from './targets.js';
import type { LoadedVault } from './vaults.js';

/** Workers of several zones run on several hosts; what only one host can reach would split the estate in two. */
export function addZoneProblems(
  vaults: Named<LoadedVault>,
  artifacts: LoadedArtifacts | null,
  targets: Named<LoadedTarget>,
  loading: Loading,
): void {
  const zoned = [...targets].find(([, target]) => target !== null && target.entry.zone !== null);
  if (zoned === undefined) return;
  const because = `target "${zoned[0]}" has a zone, so workers on several hosts would need it`;
  for (const [name, vault] of vaults) {
    if (vault === null || !vault.type.singleHost) continue;
    loading.problems.add(
      ['vaults', name, 'driver'],
      `vault "${name}": a ${vault.type.names[0]} vault is reached from one host only, and ${because}; expected a vault that is reached over the network, or no zones`,
    );
  }
  if (!artifacts?.type.singleHost) return;
  loading.problems.add(
    ['artifacts', 'driver'],
    `artifacts: a ${artifacts.type.name} store is reached from one host only, and ${because}; expected a store that is reached over the network, or no zones`,
  );
}
