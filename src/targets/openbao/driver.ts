import type { TargetType } from '../../contracts/registration.js';
import { AppRoleDriver, appRoleCapabilities } from './appRoleDriver.js';
import { accountProblem, openbaoTargetSettings } from './settings.js';

/** OpenBao and HashiCorp Vault as a target: the secret-ids of AppRole roles. */
export const targetType: TargetType<typeof openbaoTargetSettings> = {
  type: 'openbao',
  settings: openbaoTargetSettings,
  example: { address: 'https://vault.example:8200' },
  kinds: {
    'approle-secret-id': {
      capabilities: appRoleCapabilities,
      accountProblem,
      create: (target, environment) => new AppRoleDriver(target, environment),
    },
  },
  host: (settings) => new URL(settings.address).host,
};
