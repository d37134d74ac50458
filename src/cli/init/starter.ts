/** Names that the starter uses, relative to relock.yaml. */
export const starterFiles = { vault: './vault', identity: './vault.key', evidence: './evidence' };

/** A first relock.yaml: a local vault, and what to add, in comments. It passes `relock check` as it is. */
export const starter = `# relock.yaml: what is shared with vendors, where it is stored, what accepts it.
# docs/configuration.md explains every key; \`relock check\` names everything that is wrong here.

vaults:
  # A folder of age-encrypted files on this host, for a first try. Sites use OpenBao or HashiCorp Vault:
  # primary: { driver: openbao, address: "https://vault.example:8200", mount: secret,
  #            auth: { method: token, tokenEnv: VAULT_TOKEN } }
  primary: { driver: file, path: ${starterFiles.vault}, identityFile: ${starterFiles.identity} }

# Plans, evidence and reports; no secrets.
artifacts: { driver: folder, path: ${starterFiles.evidence} }

# What accepts the credentials. \`relock pin headend-01 --write\` adds the host key.
targets: {}
#  headend-01:
#    type: linux
#    address: 10.1.2.3:22
#    management: { account: root, secret: "primary:mgmt/headend-01" }

# What is shared. The first copy is the primary; the first target is changed alone.
credentials: []
#  - id: itron/headend-svc
#    vendor: itron
#    kind: password
#    account: itron-svc
#    targets: [headend-01]
#    copies: ["primary:itron/headend-svc"]
#    everyDays: 90
#    owner: ot-ops
`;
