# A vault of age files (driver: file), as root. `relock` is the user that runs relock. Nobody else may read the identity, nor the
# folder: whoever has both has every secret. Keep them on different disks, and in different backups.
install -d -o relock -g relock -m 700 /var/lib/relock/vault
chown relock:relock /etc/relock/vault.key
chmod 600 /etc/relock/vault.key
