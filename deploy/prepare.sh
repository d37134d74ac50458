#!/bin/sh
# Makes what docker-compose.yml needs and no repository may hold: passwords, keys and a relock.yaml with the SSH server's
# key pinned, in deploy/local. What is there already stays. Needs openssl and ssh-keygen.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p local
random() { openssl rand -hex 24 | tr -d '\n'; }
for name in postgres_password openbao_token sshd_root_password sshd_svc_password; do
  [ -e "local/$name" ] || random >"local/$name"
done
[ -e local/sshd_host_key ] || ssh-keygen -q -t ed25519 -N '' -C sshd -f local/sshd_host_key
[ -e local/codec.keys ] || printf '%s-%s %s\n' "$(date -u +%F)" "$(openssl rand -hex 4)" "$(openssl rand -base64 32)" >local/codec.keys
pin=$(ssh-keygen -l -f local/sshd_host_key.pub | cut -d ' ' -f 2)
[ -e local/relock.yaml ] || sed "s|@pin@|$pin|" relock.yaml.in >local/relock.yaml
# On this machine the folder keeps everybody else out. Inside, each container reads what it is given as a user of its own;
# the key ring is for the worker's group (10001) only, and relock refuses it otherwise.
chmod 700 local && chmod 644 local/* && chmod 600 local/sshd_host_key && chmod 640 local/codec.keys
chgrp 10001 local/codec.keys 2>/dev/null || echo 'as root: chgrp 10001 deploy/local/codec.keys'
