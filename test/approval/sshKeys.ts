import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Opening, Signed, Statement } from '../../src/model/approval.js';
import { canonicalJson } from '../../src/model/canonicalJson.js';

/** A key pair of ssh-keygen's own making. */
export interface SigningKey {
  /** Path of the private key. */
  readonly file: string;
  /** `ssh-ed25519 AAAA…`. */
  readonly line: string;
}

export function makeKey(type = 'ed25519'): SigningKey {
  const file = join(mkdtempSync(join(tmpdir(), 'relock-keys-')), 'key');
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'test', '-f', file]);
  return { file, line: readFileSync(`${file}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ') };
}

/** As a person would: `ssh-keygen -Y sign`. */
export function sign(key: SigningKey, text: string, namespace = 'relock-approval-v1'): string {
  return execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, '-f', key.file], {
    input: text,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

export function signed<Said extends Statement | Opening>(
  key: SigningKey,
  statement: Said,
  namespace?: string,
): Signed<Said> {
  return { statement, signature: sign(key, `${canonicalJson(statement)}\n`, namespace) };
}
