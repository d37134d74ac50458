import type { Payload } from '@temporalio/common';

/** What is sealed: a payload, and the workflow that it belongs to, so that it cannot be moved to another one unseen. */
export interface Envelope {
  /** `namespace` and workflow id; null: whoever sealed it did not know (the codec server). */
  readonly owner: Owner | null;
  readonly payload: Payload;
}

export interface Owner {
  readonly namespace: string;
  readonly workflowId: string;
}

interface Header {
  readonly owner: Owner | null;
  /** Base64. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Length of the header (32 bits), the header as JSON, the data as it is. */
export function packEnvelope({ owner, payload }: Envelope): Buffer {
  const metadata = Object.entries(payload.metadata ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  const header = Buffer.from(JSON.stringify({ owner, metadata: Object.fromEntries(metadata) } satisfies Header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([length, header, payload.data ?? Buffer.alloc(0)]);
}

/** Only what `packEnvelope` made: it was authenticated before. */
export function unpackEnvelope(bytes: Buffer): Envelope {
  const length = bytes.readUInt32BE(0);
  const { owner, metadata }: Header = JSON.parse(bytes.subarray(4, 4 + length).toString('utf8'));
  const entries = Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value, 'base64')]);
  return { owner, payload: { metadata: Object.fromEntries(entries), data: bytes.subarray(4 + length) } };
}
