import { type SshHost, startSshHosts } from '../../../harness/sshHost.js';
import { tryLogin } from '../../../harness/sshLogin.js';
import { makeKeyPair } from '../../tools/sshKeygen.js';
import { account, fleetOf, linuxSettings, managementOf } from './linuxHosts.js';
import type { StartTargets } from './stockTarget.js';

const keyFile = `/home/${account}/.ssh/authorized_keys`;
/** What sshd reads: a link to the one in the home, unless it looks elsewhere. */
const lookedAt = `/etc/ssh/keys/${account}`;
const lookAtHome = `ln -sf ${keyFile} ${lookedAt}`;

/** The key of one account, on so many hosts of their own. `keyOptions`: those of a key that replaces none. */
export function linuxKey(count = 1, more: { readonly keyOptions?: string } = {}): StartTargets {
  return async (through) => {
    const hosts = await startSshHosts({ count, sshdConfig: ['AuthorizedKeysFile /etc/ssh/keys/%u'] });
    const fleet = fleetOf(hosts);
    const fresh = async () => ({ username: account, ...(await makeKeyPair('itron/service')) });
    for (const host of hosts) {
      await host.addUser({ name: account, authorizedKeys: [] });
      await host.exec(`mkdir -p /etc/ssh/keys && ${lookAtHome}`);
    }
    return {
      kind: 'ssh-key',
      account,
      settings: await linuxSettings(hosts, {}, through, more),
      management: await managementOf(hosts),
      loginFields: ['private_key'],
      fresh,
      plant: async () => {
        const fields = await fresh();
        await Promise.all(hosts.map((host) => writeKeys(host, fields.public_key)));
        return fields;
      },
      change: async () => {
        const fields = await fresh();
        await writeKeys(fleet.first, fields.public_key);
        return fields;
      },
      logIn: (target, { private_key = '' }) =>
        tryLogin({ address: fleet.at(target).address, user: account, privateKey: private_key }),
      accepts: async (target) => Number(await fleet.at(target).exec(`grep -c '^[^#]' ${keyFile} || true`)),
      ...fleet.mishaps({ 'target answers ok and does nothing': () => looksElsewhere(fleet.first) }),
      stop: fleet.stop,
    };
  };
}

/** Written by hand, whole: the one key, with an option, below a line that nobody may touch. */
async function writeKeys(host: SshHost, publicKey: string): Promise<void> {
  const put = `rm -rf /etc/relock && chage -E -1 ${account} && cat > ${keyFile}.new`;
  const swap = `chown ${account}: ${keyFile}.new && chmod 600 ${keyFile}.new && mv ${keyFile}.new ${keyFile}`;
  await host.exec(`${put} && ${swap}`, `# kept by every rotation\nno-agent-forwarding ${publicKey}\n`);
}

/** sshd reads another file than the one in the home, as where keys are handed out by configuration management. */
async function looksElsewhere(host: SshHost): Promise<() => Promise<void>> {
  await host.exec(`cp --remove-destination ${keyFile} ${lookedAt} && chmod 644 ${lookedAt}`);
  return async () => {
    await host.exec(`cat ${lookedAt} > ${keyFile} && ${lookAtHome}`);
  };
}
