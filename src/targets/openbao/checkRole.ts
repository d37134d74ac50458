import type { TargetFinding } from '../../contracts/targetDriver.js';
import { missingRights } from './rights.js';
import { maxSlots, noRoom, Role, type RoleSettings, roleProblem } from './role.js';
import type { Management, Server } from './server.js';
import { issuesBatchTokens } from './tokens.js';

/** What would keep this role's secret-id from being rotated, and what a person should know before. */
export async function checkRole(
  server: Server,
  management: Management,
  account: string,
): Promise<readonly TargetFinding[]> {
  const missing = await missingRights(server, management, account);
  if (missing.length > 0) return missing;
  const role = new Role(server, management, account);
  const settings = await role.settings();
  const slots = await role.slots();
  const batch = await issuesBatchTokens(server, management, settings);
  return [
    ...errors(account, settings, slots.length, batch),
    ...warnings(account, settings, batch).map((message) => ({ severity: 'warning', message }) as const),
  ];
}

function errors(
  account: string,
  settings: RoleSettings,
  slots: number,
  batch: boolean | 'unknown',
): readonly TargetFinding[] {
  const problem = roleProblem(settings);
  const found = [
    ...(problem === null ? [] : [`role ${account} ${problem}`]),
    ...(slots < maxSlots ? [] : [noRoom(account, slots)]),
    ...(batch === true
      ? [
          `role ${account} issues batch tokens: a thief's token could not be revoked after the rotation. Set its token_type to service`,
        ]
      : []),
  ];
  return found.map((message) => ({ severity: 'error', message }));
}

function warnings(account: string, settings: RoleSettings, batch: boolean | 'unknown'): readonly string[] {
  const bound = [...(settings.secret_id_bound_cidrs ?? []), ...(settings.token_bound_cidrs ?? [])];
  return [
    ...(settings.secret_id_ttl === 0
      ? []
      : [
          `secret-ids of role ${account} expire ${settings.secret_id_ttl} s after they are issued. Rotate it more often than that`,
        ]),
    ...(bound.length === 0
      ? []
      : [
          `role ${account} may be used from ${bound.join(', ')} only. The worker that proves its logins must be in there, else every proof says barred`,
        ]),
    ...(batch === 'unknown'
      ? [
          `it cannot be told whether role ${account} issues batch tokens, which nobody can revoke. Set its token_type to service`,
        ]
      : []),
  ];
}
