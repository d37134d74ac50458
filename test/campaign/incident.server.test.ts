import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    expect(readFileSync(`${estate.folder}/data/temporal.db`).includes(String(two?.password))).toBe(false);
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

interface Row {
  readonly id: string;
  readonly state: string;
  readonly reason?: string;
}
