import { z } from 'zod';
import type { Registries } from '../../src/config/registries.js';
import type { ArtifactType, TargetType, VaultType } from '../../src/contracts/registration.js';
import { readableFile } from '../../src/contracts/settings.js';
import type { Capabilities } from '../../src/model/capabilities.js';

/** Registrations that only describe: enough to read a configuration, nothing behind them. */
function nothingBehind(): never {
  throw new Error('reading a configuration makes no driver');
}

const capabilities: Capabilities = {
  overlap: false,
  makers: ['generated'],
  selfChange: true,
  managementChange: true,
  oldDies: 'now',
  undo: 'change',
  secretPolicy: { minLength: 12, maxLength: 64, significantLength: 64, alphabet: 'abcdefghijklmnop' },
  settleMs: 0,
  silenceIsRefusal: false,
  lockoutThreshold: null,
  confirms: false,
  timedCommitMs: null,
  endsSessions: false,
  suspends: false,
  enumerates: false,
};

const hostSettings = z.strictObject({
  address: z.string().regex(/^[^:]+:\d+$/, 'expected host:port, such as 10.1.2.3:22'),
  hostKey: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'expected SHA256:… as `ssh-keygen -l` prints it'),
  algorithms: z.enum(['default', 'legacy']).default('default'),
});

const accountProblem = (account: string) =>
  /^[a-z0-9_][a-z0-9_.-]*$/.test(account) ? null : 'expected letters, digits, and no newline, colon or leading dash';

const host: TargetType<typeof hostSettings> = {
  type: 'linux',
  settings: hostSettings,
  example: { address: '10.1.2.3:22', hostKey: `SHA256:${'A'.repeat(43)}` },
  kinds: {
    password: { capabilities: () => capabilities, accountProblem, create: nothingBehind },
    'ssh-key': {
      capabilities: () => ({ ...capabilities, overlap: true, secretPolicy: null }),
      accountProblem,
      create: nothingBehind,
    },
  },
  host: ({ address }) => address,
};

const routerSettings = z.strictObject({ address: z.string() });
const router: TargetType<typeof routerSettings> = {
  type: 'router',
  settings: routerSettings,
  example: { address: '10.1.2.3:22' },
  kinds: {
    password: {
      capabilities: () => ({
        ...capabilities,
        selfChange: false,
        secretPolicy: { minLength: 1, maxLength: 8, significantLength: 8, alphabet: 'abcdefghijklmnop' },
      }),
      accountProblem: () => null,
      create: nothingBehind,
    },
  },
  host: ({ address }) => address,
};

const networkSettings = z.strictObject({
  address: z.url(),
  auth: z.discriminatedUnion('method', [
    z.strictObject({ method: z.literal('token'), tokenEnv: z.string() }),
    z.strictObject({ method: z.literal('approle'), roleIdFile: readableFile('the file that holds the role id') }),
  ]),
});
const network: VaultType<typeof networkSettings> = {
  names: ['openbao', 'vault'],
  settings: networkSettings,
  example: { address: 'http://vault.example:8200', auth: { method: 'token', tokenEnv: 'VAULT_TOKEN' } },
  create: nothingBehind,
  keepsText: false,
  singleHost: false,
};

const fileSettings = z.strictObject({ path: z.string(), identityFile: readableFile('the file with the age identity') });
const file: VaultType<typeof fileSettings> = {
  names: ['file'],
  settings: fileSettings,
  example: { path: './vault', identityFile: './vault.key' },
  create: nothingBehind,
  keepsText: true,
  singleHost: true,
};

const folderSettings = z.strictObject({ path: z.string().min(1) });
const folder: ArtifactType<typeof folderSettings> = {
  name: 'folder',
  settings: folderSettings,
  example: { path: './evidence' },
  create: nothingBehind,
  singleHost: true,
};
const bucketSettings = z.strictObject({ bucket: z.string().min(1) });
const bucket: ArtifactType<typeof bucketSettings> = {
  name: 's3',
  settings: bucketSettings,
  example: { bucket: 'relock' },
  create: nothingBehind,
  singleHost: false,
};

export const testRegistries: Registries = {
  targets: [host, router],
  vaults: [network, file],
  artifacts: [folder, bucket],
};
