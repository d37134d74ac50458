import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { credential, startTrial, type Trial } from './trial.js';

const issuedAnswer = z.object({ data: z.object({ secret_id: z.string(), secret_id_accessor: z.string() }) });
const roleIdAnswer = z.object({ data: z.object({ role_id: z.string() }) });

interface SecretId {
  readonly role_id: string;
  readonly secret_id: string;
  readonly secret_id_accessor: string;
}

async function roleWith(entry = '', role = `vendor-${randomUUID()}`) {
  const trial = await startTrial({
    targets: [
      // The very server that keeps the secrets.
      `bao: { type: openbao, address: "${await addressOf()}", management: { account: root, secret: "primary:mgmt/bao" } }`,
    ],
    entry: `kind: approle-secret-id, account: ${role}, targets: [bao]${entry}`,
  });
  onTestFinished(trial.stop);
  const at = `auth/approle/role/${role}`;
  await trial.mount.api('POST', at, { token_ttl: '1h', token_policies: 'default' });
  onTestFinished(async () => void (await trial.mount.api('DELETE', at)));
  await trial.mount.personWrites('mgmt/bao', { token: trial.mount.rootToken });
  const issue = async (): Promise<SecretId> => {
    const { role_id } = roleIdAnswer.parse((await trial.mount.api('GET', `${at}/role-id`)).body).data;
    return { role_id, ...issuedAnswer.parse((await trial.mount.api('POST', `${at}/secret-id`, {})).body).data };
  };
  const destroy = ({ secret_id_accessor }: SecretId) =>
    trial.mount.api('POST', `${at}/secret-id-accessor/destroy`, { secret_id_accessor });
  return { trial, role, at, issue, destroy };
}

async function addressOf(): Promise<string> {
  const { sharedOpenBao } = await import('../harness/shared.js');
  return (await sharedOpenBao()).address;
}

async function opens({ mount }: Trial, { role_id, secret_id }: Pick<SecretId, 'role_id' | 'secret_id'>) {
  const { status } = await mount.api('POST', 'auth/approle/login', { role_id, secret_id });
  return status === 200;
}

async function readersGet({ mount }: Trial): Promise<SecretId> {
  const fields = z.object({ role_id: z.string(), secret_id: z.string(), secret_id_accessor: z.string() });
  return fields.parse(await mount.readerSees(credential));
}

describe('an AppRole whose secret-id no vault has', { timeout: 120_000 }, () => {
  test('T2 T30 the newest version was deleted: nothing begins, and check names what opens the role', async () => {
    const { trial, issue } = await roleWith();
    const old = await issue();
    await trial.mount.personWrites(credential, { ...old });
    await trial.mount.api('DELETE', `${trial.mount.mount}/data/${credential}`);
    expect(await trial.check()).toEqual([expect.stringContaining('readers get no secret there')]);
    const stranger = `1 secret-id is there that relock does not know (${old.secret_id_accessor})`;
    expect(await trial.warnings()).toEqual([expect.stringContaining(stranger)]);
    for (const policy of ['restore', 'forward'] as const)
      expect(await trial.rotate(policy)).toMatchObject({ end: 'untouched(noOldValue)', exposed: true, open: false });
    expect(await opens(trial, old)).toBe(true);
  });

  test('T30 adopt: true: never rotated, and the stranger is named until a person has destroyed it', async () => {
    const { trial, issue, destroy } = await roleWith(', adopt: true');
    const old = await issue();
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ end: 'replaced(adopted)', exposed: true, open: false });
    const first = await readersGet(trial);
    expect([await opens(trial, first), await opens(trial, old)]).toEqual([true, true]);
    const stranger = `1 secret-id is there that relock does not know (${old.secret_id_accessor})`;
    // There is no room beside both, which check says as an error; what to destroy must be told then as well.
    expect(await trial.check()).toEqual([expect.stringContaining('has 2 secret-ids')]);
    expect(await trial.warnings()).toEqual([expect.stringContaining(stranger)]);
    await destroy(old);
    expect([await trial.check(), await trial.warnings()]).toEqual([[], []]);
    trial.rewrite(', adopt: true', '');
    expect((await trial.rotate('forward')).end).toBe('rotated');
    expect([await opens(trial, first), await opens(trial, await readersGet(trial))]).toEqual([false, true]);
  });

  test('T30 adopt: true beside two strangers: there is no room, nothing is changed', async () => {
    const { trial, issue } = await roleWith(', adopt: true');
    const strangers = [await issue(), await issue()];
    const ended = await trial.rotate('forward');
    expect(ended).toMatchObject({ end: 'untouched(refused)', exposed: true });
    expect(ended.causes).toEqual([expect.stringContaining('has 2 secret-ids, so there is no room')]);
    for (const each of strangers) expect(await opens(trial, each)).toBe(true);
  });

  test('T15 the role was removed: check and rotation say so in the same words', async () => {
    const { trial, issue, at, role } = await roleWith();
    await trial.mount.personWrites(credential, { ...(await issue()) });
    await trial.mount.api('DELETE', at);
    const text = `there is no AppRole role ${role}`;
    expect(await trial.check()).toEqual([expect.stringContaining(text)]);
    for (const policy of ['restore', 'forward'] as const) {
      const ended = await trial.rotate(policy);
      expect(ended).toMatchObject({ end: 'untouched(barred)', exposed: true });
      expect(ended.causes).toEqual([expect.stringContaining(text)]);
    }
  });
});
