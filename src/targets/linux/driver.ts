import type { TargetType } from '../../contracts/registration.js';
import { LinuxPasswordDriver, passwordCapabilities } from './passwordDriver.js';
import { accountProblem, linuxSettings } from './settings.js';

/** Linux hosts over SSH: OpenSSH with PAM, and dropbear. */
export const targetType: TargetType<typeof linuxSettings> = {
  type: 'linux',
  settings: linuxSettings,
  kinds: {
    password: {
      capabilities: passwordCapabilities,
      accountProblem,
      create: (target, environment) => new LinuxPasswordDriver(target, environment),
    },
  },
  host: (settings) => settings.address,
};
