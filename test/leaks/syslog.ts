import { waitUntil } from '../../src/servers/waitUntil.js';
import type { SshHost } from '../harness/sshHost.js';

/** Where PAM, sshd's children, sudo and passwd log; a host has no syslog daemon of its own. */
const perl = `
use Socket;
socket(my $log, PF_UNIX, SOCK_DGRAM, 0) or die $!;
unlink '/dev/log';
bind($log, sockaddr_un('/dev/log')) or die $!;
chmod 0666, '/dev/log';
open(my $file, '>>', '/var/log/syslog') or die $!;
$file->autoflush(1);
print $file "syslog is there\\n";
while (defined recv($log, my $line, 65536, 0)) { print $file "$line\\n"; }
`;

/** /dev is the machine's: the host gets one of its own first, with the same devices. */
const ownDev = `
set -e
mkdir -p /mnt/dev
mount -t tmpfs -o mode=755 relock /mnt/dev
for device in null zero full random urandom tty; do touch /mnt/dev/$device; mount --bind /dev/$device /mnt/dev/$device; done
mkdir /mnt/dev/pts /mnt/dev/shm
chmod 1777 /mnt/dev/shm
mount --bind /dev/pts /mnt/dev/pts
ln -s pts/ptmx /mnt/dev/ptmx
ln -s /proc/self/fd /mnt/dev/fd
mount --move /mnt/dev /dev
`;

/** From now on everything that is logged on this host is in /var/log/syslog. */
export async function startSyslog(host: SshHost): Promise<void> {
  await host.exec(ownDev);
  await host.writeFile('/run/syslog.pl', perl);
  await host.exec('setsid perl -MIO::Handle /run/syslog.pl </dev/null >/run/syslog.out 2>&1 &');
  const listens = async () => (await host.run('grep -q "syslog is there" /var/log/syslog')).code === 0 || undefined;
  await waitUntil(listens, { what: `the syslog of ${host.name}`, timeoutMs: 10_000, intervalMs: 20 });
}
