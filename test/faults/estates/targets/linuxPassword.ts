import { randomUUID } from 'node:crypto';
import { type SshHost, type SshHostOptions, startSshHosts } from '../../../harness/sshHost.js';
import { tryLogin } from '../../../harness/sshLogin.js';
import { account, fleetOf, linuxSettings, managementOf } from './linuxHosts.js';
import { liesOf } from './linuxLies.js';
import type { StartTargets } from './stockTarget.js';

/** The password of one account, on so many hosts of their own. */
export function linuxPassword(count = 1, options: SshHostOptions = {}): StartTargets {
  return async (through) => {
    const hosts = await startSshHosts({ ...options, count });
    const fleet = fleetOf(hosts);
    const fresh = async () => ({ username: account, password: `Pw-${randomUUID()}` });
    for (const host of hosts) await host.addUser({ name: account });
    return {
      kind: 'password',
      account,
      settings: await linuxSettings(hosts, options, through),
      management: await managementOf(hosts),
      loginFields: ['password'],
      fresh,
      plant: async () => {
        const fields = await fresh();
        await Promise.all(hosts.map((host) => makeAsNew(host, fields.password)));
        return fields;
      },
      change: async () => {
        const fields = await fresh();
        await fleet.first.setPassword(account, fields.password);
        return fields;
      },
      logIn: (target, { password = '' }) => tryLogin({ address: fleet.at(target).address, user: account, password }),
      accepts: async () => null,
      ...fleet.mishaps(options.dropbear === true ? {} : liesOf(fleet.first)),
      stop: fleet.stop,
    };
  };
}

/** Whatever was done to the account: it is open, does not expire, and has this password. */
async function makeAsNew(host: SshHost, password: string): Promise<void> {
  await host.exec(
    `rm -rf /etc/relock && chage -E -1 -M 99999 -d "$(date +%F)" ${account} && chpasswd`,
    `${account}:${password}\n`,
  );
}
