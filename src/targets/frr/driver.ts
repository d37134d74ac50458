import type { TargetType } from '../../contracts/registration.js';
import { fetchHostKey } from '../../transport/ssh/connect.js';
import { FrrPasswordDriver, frrCapabilities } from './passwordDriver.js';
import { accountProblem, endpointOf, frrSettings } from './settings.js';

/** Routers that run FRR: changed by vtysh over SSH, proved at a daemon's telnet VTY. */
export const targetType: TargetType<typeof frrSettings> = {
  type: 'frr',
  settings: frrSettings,
  example: {
    address: '10.1.2.3:22',
    hostKey: 'SHA256:fJbP2nWBZzyXsnkdx1ZGnpTPTaBQhBCE1AkbcbYn3yc',
    probeAddress: '10.1.2.3:2602',
  },
  kinds: {
    password: {
      capabilities: () => frrCapabilities,
      accountProblem,
      create: (target) => new FrrPasswordDriver(target),
    },
  },
  host: (settings) => settings.address,
  pin: {
    setting: 'hostKey',
    placeholder: `SHA256:${'A'.repeat(43)}`,
    fetch: (target, _environment, context) => fetchHostKey(endpointOf(target), context),
  },
};
