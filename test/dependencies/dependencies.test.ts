import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { auditOf } from '../../scripts/dependencies/audit.js';
import { installedForProduction } from '../../scripts/dependencies/installed.js';
import { licenceProblems } from '../../scripts/dependencies/licences.js';
import { productionOnly } from '../../scripts/dependencies/sbom.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = installedForProduction(root);

describe('licences', () => {
  const under = (licence: string | null, name = 'some-package') =>
    licenceProblems([{ name, version: '1.0.0', licence }]);

  it('of everything that users get with relock are allowed', () => {
    expect(packages.length).toBeGreaterThan(100);
    expect(packages.map(({ name }) => name)).toContain('ssh2');
    expect(packages.map(({ name }) => name)).not.toContain('vitest');
    expect(licenceProblems(packages)).toEqual([]);
  });

  it.each(['MIT', '(MIT OR GPL-3.0-only)', 'Apache-2.0 AND MIT', 'BSD-3-Clause OR MIT'])(
    '%s may be given on',
    (licence) => {
      expect(under(licence)).toEqual([]);
    },
  );

  it.each([
    'GPL-3.0-only',
    'AGPL-3.0-or-later',
    'MIT AND GPL-3.0-only',
    'MIT AND (GPL-3.0-only OR AGPL-3.0-only)',
    'GPL-3.0-only OR AGPL-3.0-only',
    'MIT OR Apache-2.0 AND GPL-3.0-only',
    'SEE LICENSE IN LICENSE.txt',
    'UNLICENSED',
    '',
  ])('%s may not: one line names the package', (licence) => {
    expect(under(licence)).toEqual([expect.stringContaining('some-package@1.0.0')]);
  });

  it('a package that names none must have been read by hand, in that very version', () => {
    expect(under(null)).toEqual([expect.stringContaining('names no licence')]);
    expect(licenceProblems([{ name: 'unionfs', version: '4.6.0', licence: null }])).toEqual([]);
    expect(licenceProblems([{ name: 'unionfs', version: '4.7.0', licence: null }])).toHaveLength(1);
  });
});

describe('the bill of materials', () => {
  const { stdout } = spawnSync('npm', ['run', '--silent', 'sbom'], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const sbom = z
    .object({
      bomFormat: z.literal('CycloneDX'),
      components: z.array(z.object({ name: z.string(), version: z.string(), purl: z.string().startsWith('pkg:npm/') })),
      dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
    })
    .parse(JSON.parse(stdout));
  const named = sbom.components.map(({ name, version }) => `${name}@${version}`);

  it('has every package that users get, and none that is for development only', () => {
    expect(new Set(named)).toEqual(new Set(packages.map(({ name, version }) => `${name}@${version}`)));
    // Needed by relock and by its tests alike: `npm sbom --omit dev` leaves these out.
    expect(named.map((name) => name.replace(/@[^@]*$/, ''))).toEqual(
      expect.arrayContaining(['zod', 'yaml', 'pg-protocol']),
    );
  });

  it('names nothing that it does not have', () => {
    const refs = new Set(sbom.dependencies.map(({ ref }) => ref));
    expect(sbom.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.has(ref))).toEqual([]);
  });

  it('is not made when npm leaves a package out', () => {
    const none = JSON.stringify({ ...JSON.parse(stdout), components: [] });
    expect(() => productionOnly(JSON.parse(none), 'relock', packages)).toThrow(/leaves out .*ssh2@/);
  });
});

describe('the audit', () => {
  const metadata = { auditReportVersion: 2, metadata: {} };

  it('finds, is clean, or was not made: three answers', () => {
    const ssh2 = { name: 'ssh2', severity: 'high', range: '<1.18.0', via: [], effects: [], nodes: [] };
    expect(auditOf(JSON.stringify({ ...metadata, vulnerabilities: { ssh2 } }))).toEqual({
      kind: 'found',
      lines: [expect.stringContaining('ssh2 <1.18.0: high')],
    });
    expect(auditOf(JSON.stringify({ ...metadata, vulnerabilities: {} }))).toEqual({ kind: 'clean' });
  });

  it.each([
    ['a registry without advisories', '{"message":"405 Method Not Allowed","statusCode":405}'],
    ['no network', '{"message":"request failed","error":{"summary":"","detail":""}}'],
    ['no answer at all', ''],
  ])('%s is not an audit without findings', (_, output) => {
    expect(auditOf(output)).toMatchObject({ kind: 'notAsked' });
  });
});
