# What the workers of one zone may do in OpenBao or Vault (relock worker --zone dmz), and nothing more: they log in with the
# secrets of their zone, and cannot change what readers get. Keep the credentials of a zone in a folder of their own, here itron/dmz.
# A worker of a zone serves no other: relock check is for the workers without a zone.

path "secret/data/itron/dmz/*" { capabilities = ["read"] }
path "secret/data/relock/itron/dmz/*" { capabilities = ["read", "update"] }

# Management logins of targets in that zone.
path "secret/data/mgmt/dmz/*" { capabilities = ["read"] }
path "secret/data/relock/mgmt/dmz/*" { capabilities = ["read"] }
