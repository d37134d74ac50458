import { createHmac, type KeyObject } from 'node:crypto';
import type { Estate } from '../config/estate.js';
import { plainIds, type WorkflowIds } from '../model/workflowIds.js';
import { idKeyFile, readKeyFile } from './keyFile.js';
import { CodecError } from './keyRing.js';

/** How workflows are called by this relock.yaml. Throws `CodecError` when the key that it names cannot be used. */
export function workflowIdsOf({ opaqueIdsFile }: Pick<Estate, 'opaqueIdsFile'>): WorkflowIds {
  return opaqueIdsFile === null ? plainIds : opaqueIds(idKeyIn(opaqueIdsFile));
}

/** One key for ever: with another one, every workflow would be called otherwise, and the lock of a credential is an id. */
function idKeyIn(file: string): KeyObject {
  const ring = readKeyFile(file, idKeyFile);
  if (ring === 'missing')
    throw new CodecError(
      `there is no ${file}, the key of ids that codec.opaqueIds names; nothing was touched. Copy the one of the workers there; where there is none yet, make it: relock codec new-key --ids`,
    );
  const key = ring.get(ring.newest);
  if (key !== null && ring.names.length === 1) return key;
  throw new CodecError(
    `the key of ids ${file} holds ${ring.names.length} keys; nothing was touched. Expected one line, that of the other workers: this key is never changed`,
  );
}

/** 160 bits of HMAC-SHA-256 over the plain id: the same everywhere, and nobody without the key can try out names. */
function opaqueIds(key: KeyObject): WorkflowIds {
  const hash = (text: string) => createHmac('sha256', key).update(text).digest();
  const idOf = (plain: string) => `${plain.slice(0, plain.indexOf('/'))}/${base32(hash(plain).subarray(0, idBytes))}`;
  return {
    areOpaque: true,
    // No plain id is without a slash.
    fingerprint: hash('fingerprint').toString('hex').slice(0, 8),
    rotation: (credential) => idOf(plainIds.rotation(credential)),
    incident: (name) => idOf(name),
    due: (group) => idOf(plainIds.due(group)),
  };
}

const idBytes = 20;
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** As in RFC 4648, in lower case; of bytes whose bits are a multiple of five, so nothing is padded. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)]).join('');
}
