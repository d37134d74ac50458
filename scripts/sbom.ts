/** Prints the bill of materials of what users get (CycloneDX). Usage: npm run --silent sbom > relock.cdx.json */
import { fileURLToPath } from 'node:url';
import { installedForProduction } from './dependencies/installed.js';
import { npm } from './dependencies/npm.js';
import { productionOnly } from './dependencies/sbom.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const everything: unknown = JSON.parse(npm(root, 'sbom', '--sbom-format', 'cyclonedx'));
console.log(JSON.stringify(productionOnly(everything, 'relock', installedForProduction(root)), null, 2));
