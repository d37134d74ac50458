import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

/** As the server's own (`scram_iterations`); what is generated has more than 100 bits of its own. */
const iterations = 4096;
const saltBytes = 16;
const keyBytes = 32;

/** What the server may keep for a role: SCRAM-SHA-256 (RFC 5803), or the MD5 of before version 10. */
const storedForm = /^(?:SCRAM-SHA-256\$\d{1,9}:[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]+=*:[A-Za-z0-9+/]+=*|md5[0-9a-f]{32})$/;

/** Whether a text can be what the server keeps; it then needs no quoting in an SQL literal. */
export function isStoredForm(text: string): boolean {
  return storedForm.test(text);
}

/** A verifier with a salt of its own, as `ALTER ROLE … PASSWORD` takes it. The password must be printable ASCII: SASLprep leaves that as it is. */
export async function scramVerifier(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const salted = await derive(password, salt, iterations, keyBytes, 'sha256');
  const keyFor = (purpose: string) => createHmac('sha256', salted).update(purpose).digest();
  const storedKey = createHash('sha256').update(keyFor('Client Key')).digest('base64');
  const serverKey = keyFor('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
