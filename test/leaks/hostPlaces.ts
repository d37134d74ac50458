import type { SshHost } from '../harness/sshHost.js';
import type { Place } from './leakScan.js';
import { filesBelow } from './places.js';

const folders = ['var/log', 'var/tmp', 'tmp', 'run', 'root', 'home', 'etc/frr', 'var/mail'];

/** What is written on a host, but for its accounts. */
export function hostPlaces({ name, pid }: SshHost): readonly Place[] {
  return folders.flatMap((folder) => [...filesBelow(`/proc/${pid}/root/${folder}`, `${name}: ${folder}`)]);
}
