import { productRegistries } from './productRegistries.js';
import { type Loaded, type ReadOptions, readEstate } from './readEstate.js';

/** Tests bring drivers of their own; everybody else gets the product's. */
export type LoadOptions = Omit<ReadOptions, 'registries'> & Partial<Pick<ReadOptions, 'registries'>>;

/**
 * relock.yaml as an estate, or everything that is wrong with it at once. Touches nothing but that file and the files
 * that it names, and no network. Never throws. Drivers are made on first use, and may throw `DriverError` then.
 */
export function loadEstate(file: string, options: LoadOptions): Loaded {
  return readEstate(file, { registries: productRegistries, ...options });
}
