# What the management login of a target `type: openbao` may do there: issue and destroy secret-ids of one role, here meter-feed,
# and end the tokens that came from them. Six lines for each further role.
path "auth/approle/role/meter-feed" { capabilities = ["read"] }
path "auth/approle/role/meter-feed/role-id" { capabilities = ["read"] }
path "auth/approle/role/meter-feed/secret-id" { capabilities = ["list", "update"] }
path "auth/approle/role/meter-feed/secret-id/lookup" { capabilities = ["update"] }
path "auth/approle/role/meter-feed/secret-id-accessor/lookup" { capabilities = ["update"] }
path "auth/approle/role/meter-feed/secret-id-accessor/destroy" { capabilities = ["update"] }

# OpenBao has no index of tokens by role: to end a thief's sessions, every token is looked at. This can revoke any token of the
# namespace: guard the management login like the vault's own operators'.
path "auth/token/accessors/" { capabilities = ["list", "sudo"] }
path "auth/token/lookup-accessor" { capabilities = ["update"] }
path "auth/token/revoke-accessor" { capabilities = ["update"] }

# relock check; and the end of a management login by AppRole. (The policy `default` grants both as well.)
path "sys/capabilities-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
