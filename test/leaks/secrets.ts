import { randomBytes } from 'node:crypto';

/** Of this run alone, and with every character that some format must escape. */
export function awkwardPassword(): string {
  return `${randomBytes(6).toString('base64url')}-"\\/+&<>%'~ ${randomBytes(6).toString('base64url')}`;
}

/** Of this run alone; letters and digits, eight of them: the least that a device counts. */
export function shortPassword(): string {
  return `${randomBytes(12).toString('base64').replaceAll(/[+/]/g, 'x').slice(0, 7)}7`;
}

/** What a private key is worth nothing without, by what it is called: its lines, and the 32 bytes within. */
export function partsOfKey(name: string, privateKey: string): Readonly<Record<string, string | Buffer>> {
  const lines = privateKey.trim().split('\n').slice(1, -1);
  const bytes = Buffer.from(lines.join(''), 'base64');
  const type = 'ssh-ed25519';
  const publicAt = bytes.lastIndexOf(type) + type.length + 4;
  const seedAt = publicAt + 32 + 4;
  // The first two lines of every such key are the same but for the public key.
  const secretLines = lines.slice(2).map((line, index) => [`${name}, line ${index + 3}`, line] as const);
  return { ...Object.fromEntries(secretLines), [`${name}, its seed`]: bytes.subarray(seedAt, seedAt + 32) };
}
