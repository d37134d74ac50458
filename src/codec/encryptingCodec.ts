import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import { type Owner, packEnvelope, unpackEnvelope } from './envelope.js';
import { CodecError, type KeyRing } from './keyRing.js';
import { isSealed, keyNameOf, printableKey, sealedEncoding } from './sealed.js';

const cipherName = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM over each payload. In clear are the format and the name of the key, which are authenticated with it. The
 * workflow that a payload belongs to is sealed inside and compared where the SDK says whose it is.
 */
export class EncryptingCodec implements PayloadCodec {
  readonly #ring: KeyRing;

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  async encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    const owner = ownerOf(context);
    return payloads.map((payload) => this.#seal(payload, owner));
  }

  /** What is not encrypted is passed on: the signatures protect, not the encoding. Throws `CodecError`. */
  async decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    const owner = ownerOf(context);
    return payloads.map((payload) => (isSealed(payload) ? this.#unseal(payload, owner) : payload));
  }

  #seal(payload: Payload, owner: Owner | null): Payload {
    const { newest } = this.#ring;
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(cipherName, this.#key(newest), iv).setAAD(associated(newest));
    const sealed = [cipher.update(packEnvelope({ owner, payload })), cipher.final(), cipher.getAuthTag()];
    const metadata = { encoding: Buffer.from(sealedEncoding), 'encryption-key-id': Buffer.from(newest) };
    return { metadata, data: Buffer.concat([iv, ...sealed]) };
  }

  #unseal(payload: Payload, owner: Owner | null): Payload {
    const name = keyNameOf(payload);
    const envelope = unpackEnvelope(this.#decrypt(name, Buffer.from(payload.data ?? [])));
    if (envelope.owner !== null && owner !== null && !isOwner(envelope.owner, owner))
      throw new CodecError(
        'a payload in Temporal belongs to another workflow than the one it was found in; it was not used. Find out who moved it',
      );
    return envelope.payload;
  }

  #decrypt(name: string, data: Buffer): Buffer {
    const key = this.#key(name);
    try {
      const decipher = createDecipheriv(cipherName, key, data.subarray(0, ivBytes), { authTagLength: tagBytes });
      decipher.setAAD(associated(name)).setAuthTag(data.subarray(-tagBytes));
      return Buffer.concat([decipher.update(data.subarray(ivBytes, -tagBytes)), decipher.final()]);
    } catch {
      throw new CodecError(
        `a payload in Temporal could not be opened with the key ${printable(name)}: it was changed, or the key of that name is another one here; it was not used`,
      );
    }
  }

  #key(name: string) {
    const key = this.#ring.get(name);
    if (key !== null) return key;
    throw new CodecError(
      `a payload in Temporal was encrypted with the key ${printable(name)}, which is not in this key ring (it has ${this.#ring.names.join(', ')}); nothing was changed. Use the key ring of those who wrote it: codec.keyFile in relock.yaml, or RELOCK_CODEC_KEY_FILE`,
    );
  }
}

function associated(keyName: string): Buffer {
  return Buffer.from(`${sealedEncoding}\n${keyName}`);
}

function ownerOf(context: SerializationContext | undefined): Owner | null {
  if (context?.workflowId === undefined) return null;
  return { namespace: context.namespace, workflowId: context.workflowId };
}

/**
 * A schedule's input is sealed for the id that it starts workflows with, to which Temporal adds the time of each; and each of
 * them is handed the result of the one before.
 */
function isOwner(sealed: Owner, found: Owner): boolean {
  return sealed.namespace === found.namespace && untimed(sealed.workflowId) === untimed(found.workflowId);
}

function untimed(workflowId: string): string {
  return workflowId.replace(/-\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/, '');
}

function printable(name: string): string {
  const shown = printableKey(name);
  return shown === name ? `"${name}"` : shown;
}
