import { readFileSync, statSync } from 'node:fs';

/** More than any estate needs (100,000 credentials are 18 MB), and little enough to be read in bounded time. */
const maxBytes = 64 * 1024 * 1024;

export type FileText = { readonly text: string } | { readonly problem: string };

export function readConfigFile(file: string): FileText {
  try {
    const { size } = statSync(file);
    if (size > maxBytes)
      return { problem: `the file has ${size} bytes; expected at most ${maxBytes}: split the estate into several` };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)) };
  } catch (error) {
    return { problem: problemOf(error) };
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
