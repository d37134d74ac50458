import { z } from 'zod';
import type { InstalledPackage } from './installed.js';

const component = z.looseObject({ 'bom-ref': z.string(), name: z.string(), version: z.string() });
const cycloneDx = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.looseObject({ component }),
  components: z.array(component),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()) })),
});
type BillOfMaterials = z.output<typeof cycloneDx>;

/**
 * The bill of materials of what users get, out of npm's of everything. (`npm sbom --omit dev` leaves out what development needs as
 * well.) Throws when npm's is no CycloneDX document, or lacks a package.
 */
export function productionOnly(sbom: unknown, name: string, packages: readonly InstalledPackage[]): BillOfMaterials {
  const all = cycloneDx.parse(sbom);
  const wanted = new Set(packages.map(idOf));
  const components = all.components.filter((each) => wanted.has(idOf(each)));
  const listed = new Set(components.map(idOf));
  const missing = [...wanted].filter((id) => !listed.has(id));
  if (missing.length > 0) throw new Error(`npm sbom leaves out ${missing.join(', ')}`);
  const root = { ...all.metadata.component, name };
  const refs = new Set([root, ...components].map((each) => each['bom-ref']));
  const dependencies = all.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map((each) => ({ ...each, dependsOn: each.dependsOn.filter((ref) => refs.has(ref)) }));
  return { ...all, metadata: { ...all.metadata, component: root }, components, dependencies };
}

function idOf({ name, version }: Pick<InstalledPackage, 'name' | 'version'>): string {
  return `${name}@${version}`;
}
