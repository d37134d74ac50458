/**
 * What relock depends on: known vulnerabilities, and licences. Usage: npm run dependencies. Fails on what it finds; says so,
 * and does not fail, when no advisory service can be asked.
 */
import { fileURLToPath } from 'node:url';
import { auditOf } from './dependencies/audit.js';
import { installedForProduction } from './dependencies/installed.js';
import { licenceProblems } from './dependencies/licences.js';
import { npm } from './dependencies/npm.js';

const root = fileURLToPath(new URL('..', import.meta.url));

function audit(): readonly string[] {
  const found = auditOf(npm(root, 'audit', '--omit=dev', '--json', '--fetch-retries=0', '--fetch-timeout=30000'));
  if (found.kind === 'notAsked') {
    console.log(`dependencies: NOT audited, for no advisory service answers here (${found.why})`);
    return [];
  }
  return found.kind === 'found' ? found.lines : [];
}

const packages = installedForProduction(root);
const problems = [...audit(), ...licenceProblems(packages)];
for (const problem of problems) console.error(`dependencies: ${problem}`);
console.log(`dependencies: ${packages.length} packages for production, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
