import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Secret } from '../../src/secret/secret.js';
import { accountProblem } from '../../src/targets/linux/settings.js';
import {
  driverFor as databaseDriver,
  makeRole,
  newPassword,
  psqlLogin,
  superuserLogin,
} from '../contract/postgresql.harness.js';
import { effectContext } from '../contract/targetDriver.harness.js';
import { type Postgres, startPostgres } from '../harness/postgres.js';
import { tryLogin } from '../harness/sshLogin.js';
import {
  driverFor,
  freshPassword,
  type LinuxBench,
  passwordOf,
  startLinuxBench,
} from '../targets/linux/linuxHarness.js';

describe('roles with every odd character that is allowed', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  it.each([
    'two words',
    ' blank around ',
    `"quoted" and 'single'`,
    'back\\slash\\',
    '$$dollar$$; drop role postgres; --',
    'Größe-Ω-権限',
    'rоle-with-cyrillic-о',
    'UPPER',
    '-rf',
    '%s %1$s',
    'x'.repeat(63),
    '権'.repeat(21),
  ])('%s', async (account) => {
    const old = await makeRole(postgres, account);
    const neighbour = await makeRole(postgres, 'neighbour');
    const driver = databaseDriver(postgres);
    const management = superuserLogin(postgres);
    const next = newPassword();
    expect((await driver.probe(account, old, effectContext())).answer).toBe('accepted');
    const captured = await driver.capture(account, management, old, effectContext());
    await driver.change(account, management, next, effectContext());
    expect([await psqlLogin(postgres, account, next), await psqlLogin(postgres, account, old)]).toEqual([
      'in',
      'refused',
    ]);
    expect((await driver.probe(account, old, effectContext())).answer).toBe('rejected');
    await driver.revert(account, management, captured, next, effectContext());
    await driver.endSessions(account, management, { before: Date.now() }, effectContext());
    expect(await psqlLogin(postgres, account, old)).toBe('in');
    expect(await psqlLogin(postgres, 'neighbour', neighbour)).toBe('in');
  });
});

describe('a Linux host', () => {
  let bench: LinuxBench;
  beforeAll(async () => {
    bench = await startLinuxBench({ management: 'root' });
  });
  afterAll(() => bench?.stop());

  it.each(['A.b-c@d', 'machine$', '_svc', '010', '1e1', `u${'x'.repeat(31)}`])(
    'the account %s is changed, and no other',
    async (account) => {
      expect(accountProblem(account)).toBeNull();
      const { host, management } = bench;
      // 10 is what 010 and 1e1 are as numbers.
      for (const name of [account, '10']) {
        await host.run(
          `cut -d: -f1 /etc/passwd | grep -qxF '${name}' || { echo '${name}:x:'$((3000 + $(wc -l < /etc/passwd)))':100::/tmp:/bin/sh' >> /etc/passwd; echo '${name}:*:20000:0:99999:7:::' >> /etc/shadow; }`,
        );
      }
      const [old, next, neighbour] = [freshPassword(), freshPassword(), freshPassword()];
      await host.setPassword('10', passwordOf(neighbour));
      await host.setPassword(account, passwordOf(old));
      const driver = driverFor('password', bench.settings);
      await driver.change?.(account, management, next, effectContext(20_000));
      const login = (user: string, secret: Secret) =>
        tryLogin({ address: host.address, user, password: passwordOf(secret) });
      expect([await login(account, next), await login(account, old), await login('10', neighbour)]).toEqual([
        'accepted',
        'refused',
        'accepted',
      ]);
    },
  );

  it('another host key between two logins of one rotation: an end, no login sent, nothing changed', async () => {
    const { host, management, settings } = bench;
    const account = 'moved';
    const [old, next] = [freshPassword(), freshPassword()];
    await host.addUser({ name: account, password: passwordOf(old) });
    const driver = driverFor('password', settings);
    expect((await driver.probe(account, old, effectContext(20_000))).answer).toBe('accepted');
    const before = await host.shadowLine(account);
    const hostKey = await host.changeHostKey();
    for (const step of [
      () => driver.change?.(account, management, next, effectContext(20_000)),
      () => driver.probe(account, old, effectContext(20_000)),
      () => driver.capture?.(account, management, old, effectContext(20_000)),
    ]) {
      const error: unknown = await Promise.resolve(step()).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'Misconfigured', effect: 'none', message: expect.stringContaining(hostKey) });
    }
    expect(await host.shadowLine(account)).toBe(before);
    expect(await tryLogin({ address: host.address, user: account, password: passwordOf(old) })).toBe('accepted');
  });
});
