import type { Estate } from '../../config/estate.js';
import type { InventorySource } from '../../contracts/inventorySource.js';

/** What relock.yaml says is shared with a vendor. Reading the file has checked it, so it is complete. */
export function configInventory(estate: Pick<Estate, 'credentials'>): InventorySource {
  return {
    enumerate: async (vendor) =>
      [...estate.credentials.values()]
        .filter((entry) => entry.vendor === vendor)
        .map(({ id, provenance }) => ({ id, provenance })),
    check: async () => [],
  };
}
