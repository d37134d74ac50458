import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { DriverEnvironment } from '../../contracts/registration.js';
import { readableFile } from '../../contracts/settings.js';
import type { SecretPolicy } from '../../model/capabilities.js';
import { Secret } from '../../secret/secret.js';
import { hostKeyPattern, parseHostPort, type SshEndpoint, type SshJump } from '../../transport/ssh/endpoint.js';
import { isOptions } from './authorizedKeys.js';

const address = z
  .string()
  .refine((text) => parseHostPort(text) !== null, 'expected host:port, such as 10.1.2.3:22 or gw.example:22')
  .describe('host:port of the SSH server');

const hostKey = z
  .string()
  .regex(hostKeyPattern, 'expected SHA256:… as `ssh-keygen -l` prints it; `relock pin` fetches it on first use')
  .describe('SHA256:… of the only host key that relock talks to; `relock pin` shows it');

const algorithms = z
  .enum(['default', 'legacy'])
  .default('default')
  .describe('legacy: also SHA-1, CBC, ssh-rsa and ssh-dss, for devices that have nothing else');

const jump = z
  .strictObject({
    address,
    hostKey,
    algorithms,
    account: z.string().min(1).describe('Login on the jump host'),
    identityFile: readableFile('Private key of that login'),
  })
  .describe('Reach the server through this one');

/** Passwords that shells, URLs and configuration files of consumers take without quoting. */
const defaultAlphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+=@';

const passwordPolicy = z
  .strictObject({
    minLength: z.int().min(8).default(16),
    maxLength: z.int().max(512).default(64),
    alphabet: z
      .string()
      .regex(/^[\x21-\x39\x3b-\x7e]*$/, 'printable ASCII, without blanks and colons')
      .default(defaultAlphabet),
  })
  .prefault({})
  .describe('Which passwords may be made for this host');

export const linuxSettings = z.strictObject({
  address,
  hostKey,
  algorithms,
  jump: jump.optional(),
  sudo: z
    .enum(['passwordless', 'password'])
    .default('passwordless')
    .describe('How a management login other than root gets its rights: `sudo -n`, or sudo with its own password'),
  sftpOnly: z.boolean().default(false).describe('Accounts here may use SFTP and nothing else'),
  server: z
    .enum(['openssh', 'dropbear'])
    .default('openssh')
    .describe('dropbear does not look at account expiry, so keys cannot be suspended there'),
  passwordPolicy,
  lockoutThreshold: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Refused logins after which this host locks an account (pam_faillock, pam_tally2); null: it does not'),
  settleMs: z
    .int()
    .min(0)
    .default(15_000)
    .describe('How long a change that was sent may still take effect: chpasswd waits 15 s for the lock of /etc/shadow'),
  authorizedKeysFile: z
    .string()
    .regex(
      /^(?:%h\/|\/)?(?:[A-Za-z0-9._/-]|%u)+$/,
      'expected a path as in sshd_config: relative, from / or from %h/, with %u',
    )
    .refine((path) => !path.split('/').includes('..'), 'expected no ".." in it')
    .default('.ssh/authorized_keys')
    .describe('As AuthorizedKeysFile in sshd_config: relative to the home or absolute, with %h and %u'),
  revokedKeys: z
    .boolean()
    .default(false)
    .describe(
      'Where sshd has a RevokedKeys file, put each replaced key into it: it opens no account there any more, nor does a certificate over it',
    ),
  keyOptions: z
    .string()
    .refine(isOptions, 'expected options as in authorized_keys, with blanks only inside of closed double quotes')
    .optional()
    .describe(
      'Options of a key that replaces none; without it, a key whose predecessor is not in the file is not added',
    ),
});
export type LinuxSettings = z.output<typeof linuxSettings>;

function jumpOf(settings: NonNullable<LinuxSettings['jump']>, environment: DriverEnvironment): SshJump {
  const { host, port } = requireHostPort(settings.address);
  const file = resolve(environment.baseDirectory, settings.identityFile);
  return {
    address: { host, port, hostKey: settings.hostKey, algorithms: settings.algorithms, jump: null },
    login: async () => ({
      account: settings.account,
      secret: Secret.of({ private_key: await readFile(file, 'utf8') }),
    }),
  };
}

function requireHostPort(text: string): { readonly host: string; readonly port: number } {
  const parsed = parseHostPort(text);
  if (parsed === null) throw new RangeError('an address was not checked before it was used');
  return parsed;
}

export function endpointOf(
  target: { readonly id: string; readonly settings: LinuxSettings },
  environment: DriverEnvironment,
): SshEndpoint {
  const { settings } = target;
  const { host, port } = requireHostPort(settings.address);
  const jumpHost = settings.jump === undefined ? null : jumpOf(settings.jump, environment);
  const { hostKey: pin, algorithms: choice } = settings;
  return {
    driver: 'linux',
    subject: target.id,
    address: { host, port, hostKey: pin, algorithms: choice, jump: jumpHost },
  };
}

export function secretPolicyOf(settings: LinuxSettings): SecretPolicy {
  const { minLength, maxLength, alphabet } = settings.passwordPolicy;
  return { minLength, maxLength, significantLength: maxLength, alphabet };
}

/** Absolute, or relative to the home. */
export function keyFilePath(settings: LinuxSettings, account: string): string {
  return settings.authorizedKeysFile.replace(/^%h\//, '').replaceAll('%u', account);
}

const accountPattern = /^[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}\$?$/;

/** Account names go into commands, so only the plain ones pass. */
export function accountProblem(account: string): string | null {
  return accountPattern.test(account)
    ? null
    : 'expected letters, digits, and . _ @ - after the first, at most 64: no newline, colon, blank or leading dash';
}
