import type { Effect, ErrorCode } from '../../model/errors.js';

interface Meaning {
  readonly code: ErrorCode;
  readonly text: string;
}

const fileInTheWay: Meaning = {
  code: 'Misconfigured',
  text: 'has a file in its way, where a folder is expected. Move it away, or correct the path',
};

const meanings: Readonly<Record<string, Meaning>> = {
  EACCES: { code: 'Unauthorized', text: 'may not be accessed by this user. Give it the right to read and write there' },
  EPERM: { code: 'Unauthorized', text: 'may not be accessed by this user. Give it the right to read and write there' },
  ENOSPC: { code: 'Refused', text: 'cannot be written: the disk is full. Make room' },
  EDQUOT: { code: 'Refused', text: 'cannot be written: the disk quota is used up. Make room' },
  EROFS: { code: 'Misconfigured', text: 'is on a read-only file system. Choose another folder' },
  ENOTDIR: fileInTheWay,
  EEXIST: fileInTheWay,
  EISDIR: { code: 'Misconfigured', text: 'is a folder, where a file is expected. Move it away' },
  ENAMETOOLONG: {
    code: 'Misconfigured',
    text: 'has a name that is too long for the file system. Choose a shorter one',
  },
  ELOOP: { code: 'Misconfigured', text: 'goes through a loop of symbolic links. Correct the path' },
  ENOENT: { code: 'NotFound', text: 'is not there' },
};

const other: Meaning = {
  code: 'Unreachable',
  text: 'cannot be used: the system reported an input/output error. Check the disk',
};

/** What a file system's refusal means, in words that follow the file's name. Never the system's own text. */
export function fileProblem(error: unknown): Meaning {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (typeof code === 'string' ? meanings[code] : undefined) ?? other;
}

/** Whether a failed write surely changed nothing: only what is refused before the file gets its name. */
export function effectOfFailedWrite(error: unknown): Effect {
  return fileProblem(error) === other ? 'unknown' : 'none';
}
