import { ApprovalRefused } from './bytes.js';
import { keyType, type PublicKey, publicKeyFromBase64, wrongType } from './publicKey.js';

/** One line of an `allowed_signers` file (ssh-keygen(1)): who may sign, for what, and when. */
export interface AllowedSigner {
  /** Names of one person: two lines that share a name are the same person. */
  readonly principals: readonly string[];
  readonly key: PublicKey;
  /** null: all. */
  readonly namespaces: readonly string[] | null;
  /** Epoch milliseconds; null: no bound. */
  readonly validAfter: number | null;
  readonly validBefore: number | null;
}

const maxFileLength = 256 * 1024;
const principalPattern = /^[A-Za-z0-9._@+-]{1,128}$/;

/**
 * Reads the whole file. Throws `ApprovalRefused`, naming the line, for whatever it does not understand: an option that is
 * not known could be one that forbids.
 */
export function parseAllowedSigners(text: string): readonly AllowedSigner[] {
  if (text.length > maxFileLength)
    throw new ApprovalRefused(`the file of approvers is longer than ${maxFileLength} characters`);
  const signers = text.split(/\r?\n/).flatMap((line, index) => atLine(index + 1, () => parseLine(line.trim())));
  const blobs = signers.map(({ key }) => key.blob);
  if (new Set(blobs).size < blobs.length)
    throw new ApprovalRefused('the file of approvers lists the same key twice; give it one line, with all its options');
  return signers;
}

function atLine(line: number, parse: () => AllowedSigner | null): readonly AllowedSigner[] {
  try {
    const signer = parse();
    return signer === null ? [] : [signer];
  } catch (error) {
    if (!(error instanceof ApprovalRefused)) throw error;
    throw new ApprovalRefused(`line ${line} of the file of approvers: ${error.message}`);
  }
}

function parseLine(line: string): AllowedSigner | null {
  if (line === '' || line.startsWith('#')) return null;
  const [names = '', ...rest] = fieldsOf(line);
  const principals = names.split(',');
  if (!principals.every((name) => principalPattern.test(name)))
    throw new ApprovalRefused('expected names of letters, digits and . _ @ + -, such as anna@example.org; no patterns');
  const options = isKeyType(rest[0] ?? '') ? '' : (rest.shift() ?? '');
  const [type = '', blob = ''] = rest;
  if (!isKeyType(type)) throw new ApprovalRefused('expected <names> [options] ssh-ed25519 <key>');
  if (type !== keyType) throw new ApprovalRefused(wrongType(type));
  return { principals, key: publicKeyFromBase64(blob), ...optionsOf(options) };
}

function isKeyType(field: string): boolean {
  return /^(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+$/.test(field);
}

/** Fields are parted by white space outside quotes. */
function fieldsOf(line: string): string[] {
  return line.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
}

type Options = Pick<AllowedSigner, 'namespaces' | 'validAfter' | 'validBefore'>;

function optionsOf(text: string): Options {
  const given = new Map<string, string>();
  for (const option of text === '' ? [] : splitOptions(text)) {
    const [, name = '', value] = /^([A-Za-z-]+)(?:="([^"]*)")?$/.exec(option) ?? [];
    const key = name.toLowerCase();
    if (value === undefined || !['namespaces', 'valid-after', 'valid-before'].includes(key))
      throw new ApprovalRefused(unknownOption(key));
    if (given.has(key)) throw new ApprovalRefused(`the option ${key} is given twice`);
    given.set(key, value);
  }
  return {
    namespaces: namespacesOf(given.get('namespaces')),
    validAfter: timeOf(given.get('valid-after')),
    validBefore: timeOf(given.get('valid-before')),
  };
}

function splitOptions(text: string): string[] {
  return text.match(/(?:[^,"]|"[^"]*"?)+/g) ?? [];
}

function unknownOption(name: string): string {
  if (name === 'cert-authority') return 'certificates are not supported: list the keys themselves';
  return 'an option that relock does not know; known are namespaces="…", valid-after="…Z" and valid-before="…Z"';
}

function namespacesOf(value: string | undefined): readonly string[] | null {
  if (value === undefined) return null;
  const names = value.split(',');
  if (names.every((name) => /^[A-Za-z0-9._@-]{1,128}$/.test(name))) return names;
  throw new ApprovalRefused('namespaces: expected names parted by commas, without patterns');
}

/** Without the Z, ssh-keygen means the local time of whoever reads: that is not one time. */
function timeOf(value: string | undefined): number | null {
  if (value === undefined) return null;
  const [, year, month, day, hour = '00', minute = '00', second = '00'] =
    /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?Z$/.exec(value) ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isFinite(time)) return time;
  throw new ApprovalRefused('a time: expected YYYYMMDDZ or YYYYMMDDHHMMSSZ, in UTC, with the Z');
}
