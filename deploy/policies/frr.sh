# The management login of a target `type: frr`, on the router, as root; then set its password: passwd relock
useradd --create-home --shell /usr/bin/vtysh relock
# The privileged CLI of vtysh. It can change the whole configuration of the router: FRR has no smaller right.
usermod --append --groups frrvty relock
# Reads /etc/frr/frr.conf over SFTP, to see what was really saved.
usermod --append --groups frr relock
