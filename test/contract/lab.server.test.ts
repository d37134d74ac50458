import { afterAll, beforeAll, describe } from 'vitest';
import type { Login } from '../../src/contracts/targetDriver.js';
import { LabDevice } from '../../src/lab/device.js';
import type { CredentialKind } from '../../src/model/kinds.js';
import { Secret } from '../../src/secret/secret.js';
import { type SilentServer, startSilentServer } from '../harness/silentServer.js';
import { tryLogin } from '../harness/sshLogin.js';
import { openStockSession } from '../harness/sshSession.js';
import { freshKey, publicLine } from '../targets/linux/keyHarness.js';
import { driverFor, freshPassword, kindOf, otherPin, passwordOf, settingsOf } from '../targets/linux/linuxHarness.js';
import type { TargetHarness } from './targetDriver.harness.js';
import { describeTargetDriver } from './targetDriver.suite.js';

const account = 'itron-svc';
const root: Login = { as: 'management', account: 'root', secret: freshPassword() };
const outcomes = { accepted: 'in', refused: 'refused', unknown: 'unknown' } as const;

let device: LabDevice;
let silent: SilentServer;
beforeAll(async () => {
  silent = await startSilentServer();
  device = await LabDevice.start({
    accounts: [{ name: 'root', password: passwordOf(root.secret) }],
    minPasswordLength: 12,
  });
});
afterAll(async () => {
  await device.switchOff();
  await silent.stop();
});

/** What both kinds have in common. */
function commonHarness(kind: CredentialKind) {
  const settings = { address: device.address, hostKey: device.hostKey };
  return {
    driver: driverFor(kind, settings),
    account,
    management: root,
    down: () => device.switchOff(),
    up: () => device.switchOn(),
    silent: driverFor(kind, { ...settings, address: silent.address }),
    otherHostKey: driverFor(kind, { ...settings, hostKey: otherPin }),
    wrongVia: { ...root, secret: freshPassword() },
    missingAccount: 'nobody-here',
  } satisfies Partial<TargetHarness>;
}

function passwordHarness(by: 'management' | 'self'): TargetHarness {
  const login = (secret: Secret) => ({ address: device.address, user: account, password: passwordOf(secret) });
  return {
    ...commonHarness('password'),
    publicFields: [],
    reset: async () => {
      const secret = freshPassword();
      device.setAccount({ name: account, password: passwordOf(secret) });
      return secret;
    },
    via: (current) => (by === 'management' ? root : { as: 'self', account, secret: current }),
    makeSecret: freshPassword,
    independentLogin: async (secret) => outcomes[await tryLogin(login(secret))],
    refusedSecret: Secret.of({ password: 'short-1' }),
    openSession: (secret) => openStockSession(login(secret)),
  };
}

function keyHarness(by: 'management' | 'self'): TargetHarness {
  const login = (secret: Secret) => ({
    address: device.address,
    user: account,
    privateKey: secret.reveal('private_key'),
  });
  return {
    ...commonHarness('ssh-key'),
    publicFields: ['public_key'],
    reset: async () => {
      const secret = freshKey();
      const authorizedKeys = ['# kept', `no-agent-forwarding ${publicLine(secret)}`];
      device.setAccount({ name: account, authorizedKeys });
      return secret;
    },
    via: (current) => (by === 'management' ? root : { as: 'self', account, secret: current }),
    makeSecret: freshKey,
    independentLogin: async (secret) => outcomes[await tryLogin(login(secret))],
    refusedSecret: Secret.of({ private_key: 'no key at all', public_key: 'ssh-ed25519 AAAA' }),
    openSession: (secret) => openStockSession(login(secret)),
  };
}

describe('a lab device is a linux host to relock and to the OpenSSH client', () => {
  const capabilities = kindOf('password').capabilities(settingsOf({}));
  const keyCapabilities = kindOf('ssh-key').capabilities(settingsOf({}));
  describeTargetDriver('lab × password, by management', capabilities, () => passwordHarness('management'));
  describeTargetDriver('lab × password, by the account itself', capabilities, () => passwordHarness('self'));
  describeTargetDriver('lab × ssh-key, by management', keyCapabilities, () => keyHarness('management'));
  describeTargetDriver('lab × ssh-key, by the account itself', keyCapabilities, () => keyHarness('self'));
});
