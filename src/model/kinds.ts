/** Credential kinds, with the fields that a rotation owns in every copy, and those of them without which nobody can log in. All other fields there are foreign and kept. */
export const credentialKinds = {
  password: { ownedFields: ['password'], needed: ['password'] },
  'ssh-key': { ownedFields: ['private_key', 'public_key'], needed: ['private_key'] },
  /** `role_id` is public and does not change, but a login needs it: it travels with each version. */
  'approle-secret-id': {
    ownedFields: ['role_id', 'secret_id', 'secret_id_accessor'],
    needed: ['role_id', 'secret_id'],
  },
} as const satisfies Record<string, { ownedFields: readonly string[]; needed: readonly string[] }>;
/** What a management secret may hold to log in with: all fields of one row. */
export const managementLogins: readonly (readonly string[])[] = [
  ['password'],
  ['private_key'],
  ['token'],
  ['role_id', 'secret_id'],
];
/** Kinds of SSH keys that relock makes. */
export const keyTypes = ['ed25519', 'ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa-3072', 'rsa-4096'] as const;
export type KeyType = (typeof keyTypes)[number];

export type CredentialKind = keyof typeof credentialKinds;

export const kindNames: readonly string[] = Object.keys(credentialKinds);

export function isKind(name: string): name is CredentialKind {
  return Object.hasOwn(credentialKinds, name);
}
