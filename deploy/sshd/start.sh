#!/bin/sh
# Sets the first passwords, once per container, and serves SSH.
set -eu
if [ ! -e /var/lib/relock-started ]; then
  {
    printf 'root:'; cat /run/secrets/sshd_root_password; echo
    printf 'itron-svc:'; cat /run/secrets/sshd_svc_password; echo
  } | chpasswd
  install -m 600 /run/secrets/sshd_host_key /etc/ssh/ssh_host_ed25519_key
  touch /var/lib/relock-started
fi
exec /usr/sbin/sshd -D -e -o PermitRootLogin=yes -o PasswordAuthentication=yes -o HostKey=/etc/ssh/ssh_host_ed25519_key
