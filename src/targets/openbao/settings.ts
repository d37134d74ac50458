import { z } from 'zod';
import { vaultApiSettings } from '../../transport/vaultApi/settings.js';

const mountPath = z
  .string()
  .regex(
    /^[^/\s]+(\/[^/\s]+)*$/,
    'expected a mount such as "approle" or "team/approle", without a slash at either end',
  );

export const openbaoTargetSettings = vaultApiSettings.extend({
  mount: mountPath.default('approle').describe('The AppRole auth mount of the roles, below auth/'),
  managementMount: mountPath
    .default('approle')
    .describe('The AppRole auth mount where the management login logs in, unless it is a token'),
  lockoutThreshold: z
    .int()
    .min(1)
    .nullable()
    .default(5)
    .describe('Refused logins after which the server locks a role out (user_lockout, default 5); null: it does not'),
});
export type OpenbaoTargetSettings = z.output<typeof openbaoTargetSettings>;

/** GenericNameRegex of the server, in the lower case that it stores. */
const roleName = /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/;

export function accountProblem(account: string): string | null {
  return roleName.test(account)
    ? null
    : 'expected the name of an AppRole role: lower-case letters, digits, and . _ - between them';
}
