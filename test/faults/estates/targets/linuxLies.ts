import type { SshHost } from '../../../harness/sshHost.js';

const chpasswd = '/usr/sbin/chpasswd';
const pam = '/etc/pam.d/common-auth';
const frozen = '/etc/elsewhere/shadow';

/**
 * Ways of a real host to say "ok" to a new password that does not count (yet). What did not count is taken back when the
 * host is honest again.
 */
export function liesOf(host: SshHost) {
  return {
    'target answers ok and does nothing': () => looksElsewhere(host),
    'chpasswd answers ok and does nothing': () => inFrontOfChpasswd(host, 'cat > /dev/null'),
    'target applies late': () => inFrontOfChpasswd(host, appliedAfter(1)),
    'target applies later than declared': () => inFrontOfChpasswd(host, appliedAfter(8)),
  };
}

/** Logins are checked against a copy of the passwords, as on a host whose PAM asks a directory. */
async function looksElsewhere(host: SshHost): Promise<() => Promise<void>> {
  const before = await host.readFile(pam);
  await host.exec(`mkdir -p -m 700 /etc/elsewhere && cp -p /etc/shadow ${frozen}`);
  await host.writeFile('/etc/elsewhere/check', checkScript);
  await host.exec('chmod 700 /etc/elsewhere/check');
  await host.writeFile(pam, elsewhereFirst);
  return async () => {
    await host.exec(`cp -p ${frozen} /etc/shadow`);
    await host.writeFile(pam, before);
  };
}

const elsewhereFirst = `auth [success=1 default=ignore] pam_exec.so quiet expose_authtok /etc/elsewhere/check
auth requisite pam_deny.so
auth required pam_permit.so
`;

/** PAM gives the password on standard input, ended by a zero byte. */
const checkScript = `#!/usr/bin/perl
my $password = <STDIN>;
$password =~ s/\\0.*//s;
open my $shadow, '<', '${frozen}' or exit 1;
while (<$shadow>) {
  my ($name, $hash) = split /:/;
  exit 0 if $name eq $ENV{PAM_USER} && crypt($password, $hash) eq $hash;
}
exit 1;
`;

async function inFrontOfChpasswd(host: SshHost, body: string): Promise<() => Promise<void>> {
  await host.exec(`cp -p ${chpasswd} /etc/real-chpasswd`);
  await host.writeFile('/etc/false-chpasswd', `#!/bin/sh\n${body}\nexit 0\n`);
  await host.exec(`chmod 755 /etc/false-chpasswd && mount --bind /etc/false-chpasswd ${chpasswd}`);
  return async () => {
    await host.exec(`${waitForLateOnes}\numount ${chpasswd}`);
  };
}

/** Queued, and done when the one who asked has long gone. */
function appliedAfter(seconds: number): string {
  return `kept=$(mktemp /run/late.XXXXXX)
cat > "$kept"
setsid sh -c "sleep ${seconds}; /etc/real-chpasswd < $kept; rm -f $kept" > /dev/null 2>&1 < /dev/null &`;
}

const waitForLateOnes = `for turn in $(seq 400); do
  set -- /run/late.*
  [ -e "$1" ] || break
  sleep 0.05
done
rm -f /run/late.*`;
