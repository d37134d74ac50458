/** The SSH wire encoding (RFC 4251 §5): a string is a 32-bit big-endian length and that many bytes. */
export function sshString(bytes: Uint8Array | string): Buffer {
  const body = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** A non-negative integer: big-endian, without needless leading zeros, with one where the top bit would read as a sign. */
export function sshInteger(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const body = first < 0 ? new Uint8Array() : bytes.subarray(first);
  const needsSign = ((body[0] ?? 0) & 0x80) !== 0;
  return sshString(needsSign ? Buffer.concat([Buffer.from([0]), body]) : body);
}

export function sshUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Reads wire values one after the other. Throws RangeError past the end. */
export class SshReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint32(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  string(): Buffer {
    return this.bytes(this.uint32());
  }

  bytes(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('SSH value is cut off');
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
}
