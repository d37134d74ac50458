import type { SFTPWrapper } from 'ssh2';
import { BoundedBytes } from './boundedBytes.js';

type Guard = <T>(start: (resolve: (value: T) => void, reject: (error: Error) => void) => void) => Promise<T>;

/** Why a file operation failed; closed. */
export class SftpFailure extends Error {
  readonly reason: 'missing' | 'denied' | 'tooBig' | 'failed';

  constructor(reason: 'missing' | 'denied' | 'tooBig' | 'failed') {
    super(`file operation: ${reason}`);
    this.name = 'SftpFailure';
    this.reason = reason;
  }
}

const chunkBytes = 32 * 1024;

const reasons: Readonly<Record<number, SftpFailure['reason']>> = { 2: 'missing', 3: 'denied' };

function failureOf(error: Error): SftpFailure {
  const code = 'code' in error && typeof error.code === 'number' ? error.code : 0;
  return new SftpFailure(reasons[code] ?? 'failed');
}

/** Files over SFTP. Methods throw SftpFailure, or the session's DriverError. */
export class SftpFiles {
  readonly #sftp: SFTPWrapper;
  readonly #guard: Guard;

  constructor(sftp: SFTPWrapper, guard: Guard) {
    this.#sftp = sftp;
    this.#guard = guard;
    // A server that breaks the protocol fails the calls that are open; the event alone would end the process.
    sftp.on('error', () => undefined);
  }

  #call<T>(start: (done: (error: Error | null | undefined, value: T) => void) => void): Promise<T> {
    return this.#guard((resolve, reject) => {
      start((error, value) => (error ? reject(failureOf(error)) : resolve(value)));
    });
  }

  #act(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    return this.#call<void>((done) => start((error) => done(error, undefined)));
  }

  /** Permission bits of a file. */
  async mode(path: string): Promise<number> {
    const stats = await this.#call<{ mode: number }>((done) => this.#sftp.stat(path, done));
    return stats.mode & 0o7777;
  }

  async read(path: string, maxBytes: number): Promise<Buffer> {
    const stats = await this.#call<{ size: number }>((done) => this.#sftp.stat(path, done));
    if (stats.size > maxBytes) throw new SftpFailure('tooBig');
    const handle = await this.#call<Buffer>((done) => this.#sftp.open(path, 'r', done));
    try {
      return await this.#readAll(handle, maxBytes);
    } finally {
      this.#sftp.close(handle, () => undefined);
    }
  }

  /** The server may have lied about the size. */
  async #readAll(handle: Buffer, maxBytes: number): Promise<Buffer> {
    const content = new BoundedBytes(maxBytes);
    for (;;) {
      const chunk = await this.#chunk(handle, content.bytes().length);
      if (chunk.length === 0) return content.bytes();
      content.add(chunk);
      if (content.overflowed) throw new SftpFailure('tooBig');
    }
  }

  #chunk(handle: Buffer, at: number): Promise<Buffer> {
    const room = Buffer.alloc(chunkBytes);
    return this.#call((done) =>
      this.#sftp.read(handle, room, 0, chunkBytes, at, (error, size) => done(error, room.subarray(0, size))),
    );
  }

  /** A new file; one that is there already is an error. */
  create(path: string, bytes: Uint8Array, mode: number): Promise<void> {
    return this.#act((done) => this.#sftp.writeFile(path, Buffer.from(bytes), { mode, flag: 'wx' }, done));
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.#act((done) => this.#sftp.chmod(path, mode, done));
  }

  /** Puts a file in the place of another in one step. */
  replace(from: string, to: string): Promise<void> {
    return this.#act((done) => this.#sftp.ext_openssh_rename(from, to, done));
  }

  remove(path: string): Promise<void> {
    return this.#act((done) => this.#sftp.unlink(path, done));
  }

  /** The subsystem works for this account. */
  async probe(): Promise<void> {
    await this.#call<unknown>((done) => this.#sftp.realpath('.', done));
  }
}
