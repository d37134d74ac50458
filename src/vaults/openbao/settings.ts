import { z } from 'zod';
import { readableFile } from '../../contracts/settings.js';
import { vaultApiSettings } from '../../transport/vaultApi/settings.js';

const name = z.string().min(1);
const mountPath = z
  .string()
  .regex(/^[^/\s]+(\/[^/\s]+)*$/, 'expected a mount such as "secret" or "team/kv", without a slash at either end');

const tokenAuth = z
  .strictObject({
    method: z.literal('token'),
    tokenEnv: name.optional().describe('environment variable that holds the token'),
    tokenFile: readableFile('file that holds the token').optional(),
  })
  .refine(({ tokenEnv, tokenFile }) => (tokenEnv === undefined) !== (tokenFile === undefined), {
    message: 'expected exactly one of tokenEnv and tokenFile',
  });

const appRoleAuth = z
  .strictObject({
    method: z.literal('approle'),
    mount: mountPath.default('approle'),
    roleIdEnv: name.optional().describe('environment variable that holds the role id'),
    roleIdFile: readableFile('file that holds the role id').optional(),
    secretIdEnv: name.optional().describe('environment variable that holds the secret id'),
    secretIdFile: readableFile('file that holds the secret id').optional(),
  })
  .refine(({ roleIdEnv, roleIdFile }) => (roleIdEnv === undefined) !== (roleIdFile === undefined), {
    message: 'expected exactly one of roleIdEnv and roleIdFile',
  })
  .refine(({ secretIdEnv, secretIdFile }) => (secretIdEnv === undefined) !== (secretIdFile === undefined), {
    message: 'expected exactly one of secretIdEnv and secretIdFile',
  });

/** How relock itself logs in to the vault. Names where its own login is, never the login. */
export const authSettings = z.discriminatedUnion('method', [tokenAuth, appRoleAuth]);
export type AuthSettings = z.output<typeof authSettings>;

export const openbaoSettings = vaultApiSettings.extend({
  mount: mountPath.default('secret').describe('a KV version 2 mount'),
  auth: authSettings.describe('how relock itself logs in; it names where the login is, never the login'),
});
export type OpenbaoSettings = z.output<typeof openbaoSettings>;
