import saslprep from '@mongodb-js/saslprep';

const plain = /^[\0-\x7f]*$/;

/**
 * What libpq and the server derive SCRAM keys from: the password as SASLprep (RFC 4013) maps it and, where SASLprep refuses it
 * (control characters among others, mixed directions, what Unicode 3.2 did not know, nothing left), the password as it is.
 */
export function preparedPassword(password: string): string {
  if (plain.test(password)) return password;
  try {
    return saslprep(password);
  } catch {
    return password;
  }
}
