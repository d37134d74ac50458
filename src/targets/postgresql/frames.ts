/** No answer to a statement of relock's is longer. */
const maxMessageBytes = 256 * 1024;
/** In one connection; the longest waits for sessions to end, and asks again and again. */
const maxReceivedBytes = 16 * 1024 * 1024;

const headerBytes = 5;
/** ErrorResponse and NoticeResponse: fields, each a type and a text up to a NUL, and one NUL more. */
const fieldLists: ReadonlySet<number> = new Set([0x45, 0x4e]);

/** The server broke the protocol, or sends without end. */
export class BadFrame extends Error {}

/**
 * Cuts what a server sends into whole messages. pg's own parser waits for as many bytes as a message claims to have, and
 * looks for ever for the end of an error that has none.
 */
export class Frames {
  #pending: Buffer = Buffer.alloc(0);
  #received = 0;

  /** The messages that are complete with this chunk. Throws `BadFrame`. */
  take(chunk: Buffer): Buffer {
    this.#received += chunk.length;
    if (this.#received > maxReceivedBytes) throw new BadFrame('too much');
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let end = 0;
    for (let next = endOfMessage(bytes, 0); next !== null; next = endOfMessage(bytes, end)) end = next;
    this.#pending = Buffer.from(bytes.subarray(end));
    return bytes.subarray(0, end);
  }
}

/** null: it is not all there yet. */
function endOfMessage(bytes: Buffer, start: number): number | null {
  if (bytes.length - start < headerBytes) return null;
  const length = bytes.readUInt32BE(start + 1);
  if (length < headerBytes - 1 || length > maxMessageBytes) throw new BadFrame('a length that no message has');
  const end = start + 1 + length;
  if (end > bytes.length) return null;
  if (fieldLists.has(bytes[start] ?? 0)) requireFields(bytes.subarray(start + headerBytes, end));
  return end;
}

function requireFields(body: Buffer): void {
  let at = 0;
  while (at < body.length - 1) {
    const end = body.indexOf(0, at + 1);
    if (body[at] === 0 || end < 0) throw new BadFrame('a field without its end');
    at = end + 1;
  }
  if (body[at] !== 0) throw new BadFrame('a list of fields without its end');
}
