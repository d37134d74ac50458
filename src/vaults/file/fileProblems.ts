import type { CallContext } from '../../contracts/context.js';
import { DriverError, type DriverErrorFields } from '../../model/errors.js';
import { effectOfFailedWrite, fileProblem } from '../../transport/files/fileProblem.js';
import { IdentityProblem } from './identity.js';
import { UnfitFile } from './readSmallFile.js';
import { LockTimeout } from './writeLock.js';

/** Kinds of keys that relock does not encrypt to, by age's own names. */
const keyKinds: Readonly<Record<string, string>> = {
  scrypt: 'a passphrase',
  'ssh-ed25519': 'an SSH key',
  'ssh-rsa': 'an SSH key',
  'piv-p256': 'a hardware key',
  mlkem768x25519: 'a post-quantum key (age1pq1…)',
};

/** Everything that can go wrong with a folder of age files, as `DriverError`. */
export class FileProblems {
  readonly #driver: string;
  readonly #root: string;

  constructor(driver: string, root: string) {
    this.#driver = driver;
    this.#root = root;
  }

  requireTime(path: string, context: CallContext): void {
    if (!context.signal.aborted && Date.now() < context.deadline) return;
    throw this.#error(path, {
      code: 'Timeout',
      message: `${path}: the time allowed was over before anything was done`,
    });
  }

  async whileReading<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
    return this.#during(path, 'nothing was changed', read);
  }

  async whileWriting<Result>(path: string, write: () => Promise<Result>): Promise<Result> {
    return this.#during(path, null, write);
  }

  noFolder(path: string): DriverError {
    const message = `the vault's folder ${this.#root} is not there; nothing was done. Make it with \`relock init\`, or correct \`path\` in relock.yaml`;
    return this.#error(path, { code: 'Misconfigured', message });
  }

  badIdentity(file: string, error: unknown): DriverError {
    const why = error instanceof IdentityProblem ? error.message : 'cannot be used';
    return this.#error(file, { code: 'Misconfigured', message: `the identity file ${file} ${why}. Nothing was done` });
  }

  cannotDecrypt(path: string, file: string, identityFile: string): DriverError {
    const message =
      `${file} cannot be decrypted with ${identityFile}: it is damaged, or encrypted to another key. It was left as it is. ` +
      'Restore it from a backup, or encrypt it to the public key that the identity file names';
    return this.#error(path, { code: 'Misconfigured', message });
  }

  moreReaders(path: string, file: string, readers: number): DriverError {
    const message = `${file} can be read with ${readers} keys, and relock would write it for fewer: the others would lose it. It was left as it is. Name the public keys of all others in \`recipients\` of the vault (age1…)`;
    return this.#error(path, { code: 'Misconfigured', message });
  }

  /** `kind`: as the file's header says it. */
  otherKeys(path: string, file: string, kind: string): DriverError {
    const message =
      `${file} is encrypted to ${keyKinds[kind] ?? 'another kind of key'}, to which relock does not encrypt: whoever reads it by that would lose it. ` +
      'It was left as it is. Encrypt it to public keys age1… only, and name those of others in `recipients` of the vault';
    return this.#error(path, { code: 'Misconfigured', message });
  }

  notAnObject(path: string, file: string): DriverError {
    const message = `${file} does not hold a JSON object of fields, such as {"username": …, "password": …}. It was left as it is. Write it anew`;
    return this.#error(path, { code: 'Misconfigured', message });
  }

  misnamed(file: string, expected: string): DriverError {
    const message = `${file} has a name under which relock would not look for it; nothing was changed. Rename it to ${expected}`;
    return this.#error(file, { code: 'Misconfigured', message });
  }

  async #during<Result>(path: string, unchanged: string | null, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DriverError) throw error;
      if (error instanceof LockTimeout) throw this.#locked(path, error);
      if (error instanceof UnfitFile) throw this.#unfit(path, error);
      const effect = unchanged === null ? effectOfFailedWrite(error) : 'none';
      const { code, text } = fileProblem(error);
      const now =
        effect === 'none' ? 'Nothing was changed' : 'Whether it was written is not known; the next try reads first';
      throw this.#error(path, { code, effect, message: `${path} in the vault's folder ${this.#root} ${text}. ${now}` });
    }
  }

  #unfit(path: string, { message: text }: UnfitFile): DriverError {
    const message = `the file of ${path} in the vault's folder ${this.#root} ${text}. Nothing was changed`;
    return this.#error(path, { code: 'Misconfigured', message });
  }

  #locked(path: string, { holder }: LockTimeout): DriverError {
    const who = holder === null ? 'something that is not readable as a lock' : `process ${holder.pid}`;
    const message =
      `${path}: ${who} held the lock in ${this.#root} all the time allowed; nothing was changed by this call. ` +
      'See what that process does, or what is in the folder .relock/lock there. A vault folder may be used from one host, and from one container, only';
    return this.#error(path, { code: 'Timeout', message });
  }

  #error(subject: string, rest: Pick<DriverErrorFields, 'code' | 'message'> & Partial<DriverErrorFields>): DriverError {
    return new DriverError({ effect: 'none', driver: this.#driver, subject, ...rest });
  }
}
