import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Folders of drivers, and the suite that each must be put through. */
const suites = { targets: 'describeTargetDriver', vaults: 'describeVaultBackend', artifacts: 'describeArtifactStore' };

const tests = readdirSync(`${root}/test`, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(`${root}/test/${name}`, 'utf8'));

describe.each(Object.entries(suites))('every driver in src/%s', (part, suite) => {
  const drivers = readdirSync(`${root}/src/${part}`, { withFileTypes: true }).filter((entry) => entry.isDirectory());

  it.each(drivers.map(({ name }) => name))('%s passes the contract suite', (name) => {
    const harnesses = tests.filter((text) => text.includes(`${suite}(`) && text.includes(`/${part}/${name}/`));
    expect(harnesses.length, `no test imports src/${part}/${name} and calls ${suite}`).toBeGreaterThan(0);
  });
});
