/** Credential kinds, with the fields that a rotation owns in every copy. All other fields there are foreign and kept. */
export const credentialKinds = {
  password: { ownedFields: ['password'] },
  'ssh-key': { ownedFields: ['private_key', 'public_key'] },
  /** `role_id` is public and does not change, but a login needs it: it travels with each version. */
  'approle-secret-id': { ownedFields: ['role_id', 'secret_id', 'secret_id_accessor'] },
} as const satisfies Record<string, { ownedFields: readonly string[] }>;
export type CredentialKind = keyof typeof credentialKinds;

export const kindNames: readonly string[] = Object.keys(credentialKinds);

export function isKind(name: string): name is CredentialKind {
  return Object.hasOwn(credentialKinds, name);
}
