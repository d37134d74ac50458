import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** More than any estate needs (100,000 credentials are 18 MB), and little enough to be read in bounded time. */
const maxBytes = 64 * 1024 * 1024;

export type FileText = { readonly text: string } | { readonly problem: string };

export function readConfigFile(file: string): FileText {
  try {
    const bytes = readAtMost(file, maxBytes);
    if (bytes === null)
      return { problem: `the file has more than ${maxBytes} bytes; expected no more: split the estate into several` };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

/** null: there is more. A pipe or a device does not say how much it has. */
function readAtMost(file: string, limit: number): Uint8Array | null {
  const descriptor = openSync(file, 'r');
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      const chunk = Buffer.alloc(Math.max(fstatSync(descriptor).size - size, 64 * 1024));
      const count = readSync(descriptor, chunk);
      if (count === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, count));
      size += count;
      if (size > limit) return null;
    }
  } finally {
    closeSync(descriptor);
  }
}

function problemOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT')
    return 'there is no such file; expected relock.yaml: `relock init` writes one, --config names another';
  if (code === 'EISDIR') return 'it is a folder; expected the path of relock.yaml itself';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return 'it is not UTF-8 text; expected a YAML file: save it as UTF-8';
  return 'it cannot be read; expected a file that this user may read: correct its mode or owner';
}
