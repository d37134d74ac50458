# What relock's workers (those without a zone) may do in OpenBao or Vault, and nothing more.
# In place of `secret`, your KV version 2 mount; in place of `itron` and `mgmt`, your own folders, with these lines for each.

# What readers get: relock reads it, and gives them the new value. `create`: for an account that has no secret there yet.
path "secret/data/itron/*" { capabilities = ["create", "read", "update"] }

# relock's own documents about it. They hold secrets: no policy of anybody else may cover secret/data/relock/*.
path "secret/data/relock/itron/*" { capabilities = ["read", "update"] }
path "secret/metadata/relock/itron/*" { capabilities = ["create", "update", "list"] }

# Which rotations are open: relock recover, metrics.
path "secret/metadata/relock/*" { capabilities = ["list"] }

# Management logins of targets without a zone. One that relock rotates, too, needs the lines above instead.
path "secret/data/mgmt/*" { capabilities = ["read"] }
path "secret/data/relock/mgmt/*" { capabilities = ["read"] }

# relock check asks the server what relock may do. (The policy `default` grants it as well.)
path "sys/capabilities-self" { capabilities = ["update"] }
