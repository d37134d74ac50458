import { afterAll, beforeAll } from 'vitest';
import type { Login } from '../../src/contracts/targetDriver.js';
import { Secret } from '../../src/secret/secret.js';
import { passwordCapabilities } from '../../src/targets/postgresql/passwordDriver.js';
import { postgresqlSettings } from '../../src/targets/postgresql/settings.js';
import { type Postgres, startPostgres } from '../harness/postgres.js';
import { type SilentServer, startSilentServer } from '../harness/silentServer.js';
import {
  driverFor,
  loginAs,
  makeManager,
  makeRole,
  newPassword,
  openPgSession,
  psqlLogin,
  superuserLogin,
} from './postgresql.harness.js';
import type { TargetHarness } from './targetDriver.harness.js';
import { describeTargetDriver } from './targetDriver.suite.js';

const account = 'itron-svc';
const capabilities = passwordCapabilities(postgresqlSettings.parse({ address: '127.0.0.1:1' }));

let postgres: Postgres;
let silentServer: SilentServer;
let manager: Login;

beforeAll(async () => {
  [postgres, silentServer] = await Promise.all([startPostgres(), startSilentServer()]);
  manager = await makeManager(postgres);
});
afterAll(async () => {
  await silentServer?.stop();
  await postgres?.stop();
});

function harness(via: (current: Secret) => Login): TargetHarness {
  const wrong = { ...via(newPassword()), secret: newPassword() };
  const management = via(newPassword()).as === 'management' ? via(newPassword()) : superuserLogin(postgres);
  return {
    driver: driverFor(postgres),
    account,
    reset: () => makeRole(postgres, account),
    via,
    management,
    makeSecret: newPassword,
    independentLogin: (secret) => psqlLogin(postgres, account, secret),
    publicFields: [],
    down: () => postgres.stopProcess(),
    up: () => postgres.startProcess(),
    silent: driverFor(postgres, { address: silentServer.address }),
    // The pin is an authority, not a key; it has tests of its own.
    otherHostKey: null,
    refusedSecret: Secret.of({ password: 'half-a-character-\ud800' }),
    // Alone, the account's own login is not tried by `check`.
    wrongVia: wrong.as === 'management' ? wrong : null,
    missingAccount: 'no-such-role',
    openSession: (secret) => openPgSession(postgres, account, secret),
  };
}

describeTargetDriver('postgresql × password, by the least privilege', capabilities, () => harness(() => manager));
describeTargetDriver('postgresql × password, by the role itself', capabilities, () =>
  harness((current) => loginAs(account, current, 'self')),
);
