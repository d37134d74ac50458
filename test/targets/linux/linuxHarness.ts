import type { KindDriver } from '../../../src/contracts/registration.js';
import type { Login, TargetDriver } from '../../../src/contracts/targetDriver.js';
import type { CredentialKind } from '../../../src/model/kinds.js';
import { generatePassword } from '../../../src/secret/generate.js';
import { Secret } from '../../../src/secret/secret.js';
import { targetType } from '../../../src/targets/linux/driver.js';
import { type LinuxSettings, linuxSettings, secretPolicyOf } from '../../../src/targets/linux/settings.js';
import type { TargetHarness } from '../../contract/targetDriver.harness.js';
import { startSilentServer } from '../../harness/silentServer.js';
import { type HostUser, type SshHost, type SshHostOptions, startSshHost } from '../../harness/sshHost.js';
import { tryLogin } from '../../harness/sshLogin.js';
import { openStockSession } from '../../harness/sshSession.js';

export const otherPin = `SHA256:${'A'.repeat(43)}`;

/** A pin and an address where nobody is: for capabilities, which do not depend on them. */
export const anySettings = { address: '127.0.0.1:22', hostKey: otherPin };

type SettingsInput = Readonly<Record<string, unknown>>;

export function settingsOf(input: SettingsInput): LinuxSettings {
  return linuxSettings.parse({ ...anySettings, ...input });
}

export function kindOf(kind: CredentialKind): KindDriver<LinuxSettings> {
  const found = targetType.kinds[kind];
  if (found === undefined) throw new Error(`linux has no ${kind}`);
  return found;
}

export function driverFor(kind: CredentialKind, settings: SettingsInput): TargetDriver {
  const environment = { now: Date.now, baseDirectory: '.', environment: {} };
  return kindOf(kind).create({ id: 'headend-01', settings: settingsOf(settings) }, environment);
}

export function freshPassword(): Secret {
  return Secret.of({ password: generatePassword(secretPolicyOf(settingsOf({}))) });
}

export function passwordOf(secret: Secret): string {
  return secret.reveal('password');
}

/** How the management login of a test host gets its rights. */
export type Management = 'root' | 'sudo' | 'sudo with password';

export interface LinuxBench {
  readonly host: SshHost;
  readonly settings: SettingsInput;
  readonly management: Login;
  readonly silentAddress: string;
  stop(): Promise<void>;
}

const users: Readonly<Record<Management, Pick<HostUser, 'sudo'> | null>> = {
  root: null,
  sudo: { sudo: 'nopasswd' },
  'sudo with password': { sudo: 'password' },
};

/** A host, a management login on it, and an address that never answers. */
export async function startLinuxBench(
  options: SshHostOptions & { readonly management: Management; readonly settings?: SettingsInput },
): Promise<LinuxBench> {
  const { management, settings = {}, ...hostOptions } = options;
  const host = await startSshHost(hostOptions);
  const silent = await startSilentServer();
  const secret = freshPassword();
  const user = users[management];
  const account = user === null ? 'root' : 'ops';
  if (user === null) await host.setPassword('root', passwordOf(secret));
  else await host.addUser({ name: account, password: passwordOf(secret), ...user });
  return {
    host,
    settings: {
      ...settings,
      address: host.address,
      hostKey: host.hostKey,
      server: hostOptions.dropbear === true ? 'dropbear' : 'openssh',
      ...(management === 'sudo with password' ? { sudo: 'password' } : {}),
    },
    management: { as: 'management', account, secret },
    silentAddress: silent.address,
    stop: async () => {
      await silent.stop();
      await host.stop();
    },
  };
}

/** What the harnesses of both kinds have in common. */
export function commonHarness(bench: LinuxBench, kind: CredentialKind, account: string) {
  const { host, settings, management } = bench;
  return {
    driver: driverFor(kind, settings),
    account,
    management,
    down: () => host.stopDaemon(),
    up: () => host.startDaemon(),
    silent: driverFor(kind, { ...settings, address: bench.silentAddress }),
    otherHostKey: driverFor(kind, { ...settings, hostKey: otherPin }),
    wrongVia: { ...management, secret: freshPassword() },
    missingAccount: 'nobody-here',
  } satisfies Partial<TargetHarness>;
}

const outcomes = { accepted: 'in', refused: 'refused', unknown: 'unknown' } as const;

export function passwordHarness(bench: LinuxBench, by: 'management' | 'self'): TargetHarness {
  const { host, management } = bench;
  const account = 'itron-svc';
  const common = commonHarness(bench, 'password', account);
  return {
    ...common,
    publicFields: [],
    reset: async () => {
      const secret = freshPassword();
      await host.run(`rm -rf /etc/relock; userdel -rf ${account}`);
      await host.addUser({ name: account, password: passwordOf(secret) });
      return secret;
    },
    via: (current) => (by === 'management' ? management : { as: 'self', account, secret: current }),
    makeSecret: freshPassword,
    independentLogin: async (secret) =>
      outcomes[await tryLogin({ address: host.address, user: account, password: passwordOf(secret) })],
    refusedSecret: Secret.of({ password: 'short-1' }),
    openSession: (secret) => openStockSession({ address: host.address, user: account, password: passwordOf(secret) }),
  };
}
