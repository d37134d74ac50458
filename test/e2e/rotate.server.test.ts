import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClient, temporalAt } from '../../src/client.js';
import { encryptingConverter } from '../../src/codec/dataConverter.js';
import { readKeyFile } from '../../src/codec/keyFile.js';
import { freePort } from '../../src/servers/freePort.js';
import { type RotationResult, rotationWorkflowId } from '../../src/workflows/messages.js';
import type { rotateCredential } from '../../src/workflows/rotateCredential.js';
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

    // The server comes back after all, with the workflow that had begun it: it finds everything done, and changes nothing.
    const current = await estate.currentPassword();
    const again = await dev();
    expect(await resultAt(temporal.TEMPORAL_ADDRESS ?? '')).toMatchObject({ state: 'rotated', open: false });
    expect(await estate.currentPassword()).toBe(current);
    await again.stop();
  });
});

describe('relock worker', { timeout: 120_000 }, () => {
  it('none there: rotate says so after some seconds; killed in the middle of a change: the next one carries on', async () => {
    const { address, namespace } = await sharedTemporal();
    const place = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
    const before = await estate.currentPassword();
    const change = await holdChanges(estate.host);
    const rotating = await estate.start(['rotate', credential], 'no worker takes tasks from "relock"', place);
    const first = await estate.start(['worker'], 'working on "relock"', place);
    await change.reached();
    await first.kill();
    await change.letGo();
    await estate.start(['worker'], 'working on "relock"', place);
    await rotating.ended;
    expect(rotating.output()).toContain(`${credential}: rotated`);
    expect(await estate.logIn(await estate.currentPassword())).toBe('accepted');
    expect(await estate.logIn(before)).toBe('refused');
  });

  it('a zone that no target has: refused, nothing is started', async () => {
    const ended = await estate.relock(['worker', '--zone', 'dmz'], temporal);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('no target in relock.yaml has the zone "dmz"');
  });
});

/** With the key ring that `relock dev` made. */
async function resultAt(address: string): Promise<RotationResult> {
  const ring = readKeyFile(join(estate.folder, '.relock', 'codec.keys'));
  if (ring === 'missing') throw new Error('relock dev made no key ring');
  const { client, close } = await connectClient(temporalAt(address), encryptingConverter(ring));
  try {
    return await client.workflow.getHandle<typeof rotateCredential>(rotationWorkflowId(credential)).result();
  } finally {
    await close();
  }
}
