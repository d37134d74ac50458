import type { TargetType } from '../../contracts/registration.js';
import { fetchHostKey } from '../../transport/ssh/connect.js';
import { keyCapabilities, LinuxKeyDriver } from './keyDriver.js';
import { LinuxPasswordDriver, passwordCapabilities } from './passwordDriver.js';
import { accountProblem, endpointOf, linuxSettings } from './settings.js';

/** Linux hosts over SSH: OpenSSH with PAM, and dropbear. */
export const targetType: TargetType<typeof linuxSettings> = {
  type: 'linux',
  settings: linuxSettings,
  example: { address: '10.1.2.3:22', hostKey: 'SHA256:fJbP2nWBZzyXsnkdx1ZGnpTPTaBQhBCE1AkbcbYn3yc' },
  kinds: {
    password: {
      capabilities: passwordCapabilities,
      accountProblem,
      create: (target, environment) => new LinuxPasswordDriver(target, environment),
    },
    'ssh-key': {
      capabilities: keyCapabilities,
      accountProblem,
      create: (target, environment) => new LinuxKeyDriver(target, environment),
    },
  },
  host: (settings) => settings.address,
  pin: {
    setting: 'hostKey',
    placeholder: `SHA256:${'A'.repeat(43)}`,
    fetch: (target, environment, context) => fetchHostKey(endpointOf(target, environment), context),
  },
};
