import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IncidentReport, incidentReportSchema } from '../../src/evidence/reportSchema.js';
import { evidenceSchema } from '../../src/evidence/schema.js';
import { runRelock } from '../cli/runRelock.js';
import { tryVty } from '../harness/frr.js';
import { tryLogin } from '../harness/sshLogin.js';
import { type RealEstate, startRealEstate } from './realEstate.js';
import { type RelockDev, relockDev } from './relockDev.js';

let estate: RealEstate;
let dev: RelockDev;

beforeAll(async () => {
  estate = await startRealEstate();
  dev = await relockDev(estate.folder, estate.environment);
}, 180_000);

afterAll(async () => {
  await dev?.stop();
  await estate?.stop();
});

const relock = (...args: string[]) => runRelock(estate.folder, args, dev.environment);

describe('an incident on a small real estate', () => {
  it('a dry run looks at everything and changes nothing', async () => {
    const before = await estate.vault.readerSees('itron/headend-svc');
    const dry = await relock('incident', 'open', '--vendor', 'itron', '--reason', 'drill', '--dry-run', '--json');
    const status = JSON.parse(dry.stdout);
    expect(status).toMatchObject({ state: 'planned', incident: 'incident/itron/drill' });
    expect(status.findings.map((finding: { subject: string }) => finding.subject)).toEqual(['switched-off']);
    expect(dry.code).toBe(3);
    expect(await estate.vault.readerSees('itron/headend-svc')).toEqual(before);
  }, 120_000);

  it('rotates what can be rotated, and says what became of the rest', async () => {
    const ended = await relock('incident', 'open', '--vendor', 'itron', '--reason', 'INC-42', '--yes', '--json');
    expect(ended.code, `${ended.stdout}\n${ended.stderr}`).toBe(3);
    const status = JSON.parse(ended.stdout);
    const states = Object.fromEntries(
      status.credentials.map(({ id, state, reason }: Row) => [id, reason ? `${state} ${reason}` : state]),
    );
    expect(states).toEqual({
      'itron/headend-svc': 'rotated',
      'itron/everywhere': 'rotated',
      'itron/sftp-key': 'rotated',
      'itron/two': 'rotated',
      'itron/gateway': 'rotated',
      'itron/router-vty': 'rotated',
      'itron/meter-feed': 'rotated',
      'itron/off': 'untouched unreachable',
    });
    expect(ended.code).toBe(3);
  }, 240_000);

  it('readers get secrets that work, and the stolen ones open nothing', async () => {
    const svc = await estate.vault.readerSees('itron/headend-svc');
    const host = estate.hosts[0];
    const address = host?.address ?? '';
    expect(await tryLogin({ address, user: 'itron-svc', password: String(svc?.password) })).toBe('accepted');
    expect(await tryLogin({ address, user: 'itron-svc', password: estate.stolen['itron/headend-svc'] ?? '' })).toBe(
      'refused',
    );
    const everywhere = await estate.vault.readerSees('itron/everywhere');
    for (const each of estate.hosts) {
      expect(await tryLogin({ address: each.address, user: 'itron-all', password: String(everywhere?.password) })).toBe(
        'accepted',
      );
      expect(
        await tryLogin({ address: each.address, user: 'itron-all', password: estate.stolen['itron/everywhere'] ?? '' }),
      ).toBe('refused');
    }
    const vty = await estate.vault.readerSees('itron/router-vty');
    expect(await tryVty({ address: estate.router.vtyAddress, password: String(vty?.password) })).toBe('accepted');
    expect(await tryVty({ address: estate.router.vtyAddress, password: estate.stolen['itron/router-vty'] ?? '' })).toBe(
      'refused',
    );
  }, 120_000);

  it('foreign fields stay, and no secret is in the evidence or on the screen', async () => {
    expect(await estate.vault.readerSees('itron/two')).toMatchObject({ note: 'kept', username: 'itron-two' });
    const report = await relock('incident', 'report', 'itron/inc-42', '--json');
    const two = await estate.vault.readerSees('itron/two');
    expect(report.stdout).not.toContain(String(two?.password));
    expect(JSON.parse(report.stdout)).toEqual(storedReport().report);
    for (const text of Object.values(readTree(join(estate.folder, 'evidence'))))
      for (const value of [String(two?.password), ...Object.values(estate.stolen)]) expect(text).not.toContain(value);
    expect(readFileSync(`${estate.folder}/data/temporal.db`).includes(String(two?.password))).toBe(false);
  });

  it('every rotation left evidence: old secrets refused between two controls, from one place, and when', () => {
    const { credentials, plan } = storedReport().report;
    const rotated = credentials.filter(({ state }) => state === 'rotated');
    expect(rotated).toHaveLength(7);
    for (const { id, evidence, token } of rotated) {
      const kept = evidenceSchema.parse(
        JSON.parse(readFileSync(join(estate.folder, 'evidence', evidence?.key ?? ''), 'utf8')),
      );
      expect(kept).toMatchObject({ credential: id, incident: 'incident/itron/inc-42', planDigest: plan.digest, token });
      expect(kept.phases.filter(({ provenAt }) => provenAt === null)).toEqual([]);
      for (const target of kept.targets) {
        expect(target, `${id} on ${target.id}`).toMatchObject({ taken: true });
        for (const old of target.olds.filter(({ death }) => death === 'proven')) {
          const { refusal, controlBefore, controlAfter } = old;
          expect([controlBefore?.vantage, controlAfter?.vantage]).toEqual([refusal?.vantage, refusal?.vantage]);
          expect(controlAfter?.at).toBeGreaterThanOrEqual(refusal?.at ?? Number.NaN);
        }
      }
      expect(kept.targets.flatMap(({ olds }) => olds.map(({ death }) => death))).toEqual(
        kept.targets.map(() => 'proven'),
      );
    }
    expect(credentials.find(({ id }) => id === 'itron/off')).toMatchObject({ state: 'untouched', exposed: true });
  });

  it('an auditor checks it with sha256sum alone; what was altered is found', async () => {
    const { key, report } = storedReport();
    const store = join(estate.folder, 'evidence');
    const sums = key.replace(/json$/, 'sha256');
    const check = () => spawnSync('sha256sum', ['--check', '--quiet', sums], { cwd: store, encoding: 'utf8' });
    expect(check()).toMatchObject({ status: 0, stdout: '' });
    const listed = readFileSync(join(store, sums), 'utf8');
    const { credentials, plan } = report;
    for (const each of [
      key,
      plan.key,
      ...credentials.flatMap(({ evidence }) => (evidence === null ? [] : [evidence.key])),
    ])
      expect(listed).toContain(`  ${each}\n`);
    const file = join(store, key);
    const before = readFileSync(file, 'utf8');
    chmodSync(file, 0o600);
    writeFileSync(file, before.replace('"exposed":true', '"exposed":false'));
    expect(check().status).toBe(1);
    const shown = await relock('incident', 'report', 'itron/inc-42');
    expect(shown).toMatchObject({ code: 1, stdout: '' });
    expect(shown.stderr).toContain('is not what relock wrote');
    writeFileSync(file, before);
  });

  it('the report is one page, also when Temporal is gone', async () => {
    const file = join(estate.folder, 'report.html');
    const gone = { ...estate.environment, TEMPORAL_ADDRESS: '127.0.0.1:9' };
    const ended = await runRelock(estate.folder, ['incident', 'report', 'itron/inc-42', '--html', file], gone);
    expect(ended).toMatchObject({ code: 3 });
    const page = readFileSync(file, 'utf8');
    const { credentials } = storedReport().report;
    for (const { id } of credentials) expect(page).toContain(`<th scope="row">${id}<small>`);
    expect(page).toContain('1 of 8 credentials may still be opened');
    expect(page).toContain('no target answered');
  });

  it('an unknown vendor: exit 2', async () => {
    const ended = await relock('incident', 'open', '--vendor', 'itrom', '--reason', 'x');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('itron');
  });

  it('lists incidents', async () => {
    const listed = await relock('incident', 'list', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { incident: 'incident/itron/inc-42', vendor: 'itron', state: 'finished' },
      { incident: 'incident/itron/drill', vendor: 'itron', state: 'planned' },
    ]);
  });
});

/** As it lies in the store. */
function storedReport(): { readonly key: string; readonly report: IncidentReport } {
  const folder = 'incidents/itron/inc-42/report';
  const names = readdirSync(join(estate.folder, 'evidence', folder)).filter((name) => name.endsWith('.json'));
  expect(names).toHaveLength(1);
  const key = `${folder}/${names[0]}`;
  return {
    key,
    report: incidentReportSchema.parse(JSON.parse(readFileSync(join(estate.folder, 'evidence', key), 'utf8'))),
  };
}

/** Every file below, by its path. */
function readTree(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, 'utf8')]));
}

interface Row {
  readonly id: string;
  readonly state: string;
  readonly reason?: string;
}
