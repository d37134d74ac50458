# Whoever uses the secrets, and is not relock. Beware of `secret/data/*`: it covers relock's own documents, which hold
# the secrets of rotations under way in clear.
path "secret/data/itron/*" { capabilities = ["read"] }
