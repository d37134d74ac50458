import type { SFTPWrapper } from 'ssh2';

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
    return this.#call<Buffer>((done) => this.#sftp.readFile(path, done));
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
