import { access } from 'node:fs/promises';
import { installDebianPackages } from '../../src/servers/debian.js';
import type { SshHost } from './sshHost.js';

export interface ExtraUser {
  readonly name: string;
  readonly uid: number;
  /** Its password; null: the source knows no passwords, as most directories. */
  readonly password: string | null;
  /** Lines of ~/.ssh/authorized_keys. */
  readonly authorizedKeys?: readonly string[];
}

const folder = '/var/lib/extrausers';

/** From now on the host knows accounts as well that /etc/passwd and /etc/shadow do not have. This machine's stay as they are. */
export async function useExtraUsers(host: SshHost): Promise<void> {
  const module = '/usr/lib/libnss_extrausers.so.2';
  await access(module).catch(() => installDebianPackages(['libnss-extrausers']));
  const sources = ['passwd', 'group', 'shadow'].map((map) => `s/^${map}:.*/${map}: files extrausers/`).join(';');
  await host.exec(`mount -t tmpfs -o mode=755 relock ${folder} && sed -i '${sources}' /etc/nsswitch.conf`);
  await host.exec(`cd ${folder} && touch passwd group shadow`);
}

/** An account that `getent passwd` knows, and /etc/passwd does not. */
export async function addExtraUser(host: SshHost, user: ExtraUser): Promise<void> {
  const { name, uid, password, authorizedKeys = [] } = user;
  const home = `/home/${name}`;
  await host.exec(`cat >> ${folder}/passwd`, `${name}:x:${uid}:${uid}::${home}:/bin/bash\n`);
  await host.exec(`cat >> ${folder}/group`, `${name}:x:${uid}:\n`);
  const hash = password === null ? '*' : (await host.exec('openssl passwd -6 -stdin', `${password}\n`)).trim();
  await host.exec(`cat >> ${folder}/shadow`, `${name}:${hash}:19000:0:99999:7:::\n`);
  await host.writeFile(`${home}/.ssh/authorized_keys`, authorizedKeys.map((line) => `${line}\n`).join(''));
  await host.exec(`cd ${home} && chmod 700 .ssh && chmod 600 .ssh/authorized_keys && chown -R ${uid}:${uid} .`);
}
