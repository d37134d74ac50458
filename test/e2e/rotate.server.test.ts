import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../src/servers/freePort.js';
import { sharedTemporal } from '../harness/shared.js';
import { credential, holdChanges, type LiveEstate, liveEstate } from './liveEstate.js';

let estate: LiveEstate;
let ports: { port: number; uiPort: number };
let temporal: Record<string, string>;

beforeAll(async () => {
  estate = await liveEstate();
  ports = { port: await freePort(), uiPort: await freePort() };
  temporal = { TEMPORAL_ADDRESS: `127.0.0.1:${ports.port}` };
});
afterAll(() => estate?.stop());

const dev = () => estate.start(['dev', '--port', `${ports.port}`, '--ui-port', `${ports.uiPort}`], 'ready;');

describe('relock dev and relock rotate, on OpenBao and OpenSSH', { timeout: 120_000 }, () => {
  it('without a Temporal server: says so and what to do, touches nothing', async () => {
    const ended = await estate.relock(['rotate', credential], temporal);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('no Temporal server answered');
    expect(ended.stderr).toContain('relock dev');
    expect(await estate.logIn(estate.firstPassword)).toBe('accepted');
  });

  it('rotates: the new password opens the account, the old one does not', async () => {
    const server = await dev();
    const ended = await estate.relock(['--json', 'rotate', credential], temporal);
    expect(ended.stderr).toContain('if it fails: restore');
    expect(JSON.parse(ended.stdout)).toMatchObject({ state: 'rotated', reason: null, flags: { exposed: false } });
    expect(ended.code).toBe(0);
    expect(await estate.logIn(await estate.currentPassword())).toBe('accepted');
    expect(await estate.logIn(estate.firstPassword)).toBe('refused');
    await server.stop();
    expect(server.output()).toContain('web UI: http://127.0.0.1');
  });

  it('killed with everything in the middle of a change: the same command goes on, and who waited hears the end', async () => {
    const before = await estate.currentPassword();
    const change = await holdChanges(estate.host);
    const first = await dev();
    const waiting = estate.relock(['rotate', credential], temporal);
    await change.reached();
    const second = await estate.relock(['rotate', credential], temporal);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(
      /is being rotated already: workflow rotate\/itron\/headend-svc, started .* by relock rotate/,
    );
    const refused = await estate.relock(['recover', credential], temporal);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('right now; nothing was touched');
    await first.kill();
    await change.letGo();
    const again = await dev();
    const ended = await waiting;
    expect(ended.stdout).toContain(`${credential}: rotated`);
    expect(ended.code).toBe(0);
    expect(await estate.logIn(await estate.currentPassword())).toBe('accepted');
    expect(await estate.logIn(before)).toBe('refused');
    await again.stop();
  });

  it('Temporal is gone for good in the middle of a change: relock recover finishes from the vault alone', async () => {
    const before = await estate.currentPassword();
    const change = await holdChanges(estate.host);
    const server = await dev();
    const rotating = await estate.start(['rotate', credential], 'a new password', temporal);
    await change.reached();
    await server.kill();
    await rotating.kill();
    await change.letGo();
    const listed = await estate.relock(['--json', 'recover', '--dry-run'], temporal);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ credential, phase: 'applied', policy: 'restore' }]);
    const ended = await estate.relock(['--json', 'recover'], temporal);
    expect(JSON.parse(ended.stdout)).toMatchObject([{ credential, state: 'rotated' }]);
    expect(ended.code).toBe(0);
    expect(await estate.logIn(await estate.currentPassword())).toBe('accepted');
    expect(await estate.logIn(before)).toBe('refused');
    expect((await estate.relock(['recover'], temporal)).stdout).toContain('nothing to recover');
  });
});

it('no worker: says so after some seconds, and goes on when one is there', { timeout: 120_000 }, async () => {
  const { address, namespace } = await sharedTemporal();
  const place = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
  await estate.host.exec('touch /run/go');
  const rotating = await estate.start(['rotate', credential], 'no worker takes tasks from "relock"', place);
  await estate.start(['worker'], 'working on "relock"', place);
  await rotating.ended;
  expect(rotating.output()).toContain(`${credential}: rotated`);
});
