import type { SecretPath } from '../contracts/vaultBackend.js';
import { DriverError, type ErrorCode } from '../model/errors.js';
import type { VersionId } from '../model/record.js';

/** The errors that `LedgerVault` itself throws; every one has effect `none`. */
export class LedgerProblems {
  readonly #driver: string;

  constructor(driver: string) {
    this.#driver = driver;
  }

  badPath(path: SecretPath, why: string): DriverError {
    return this.#error(
      'Misconfigured',
      path,
      `the path ${JSON.stringify(path)} ${why}; nothing was sent. Correct it in relock.yaml`,
    );
  }

  badDocument(path: SecretPath, why: string): DriverError {
    return this.#error(
      'Misconfigured',
      path,
      `relock's own document about ${path} cannot be read: ${why}. It was left as it is. ` +
        'It was written by a newer relock, or by hand: use that version, or restore the document from a backup',
    );
  }

  notText(path: SecretPath, field: string): DriverError {
    return this.#error(
      'Misconfigured',
      path,
      `field "${field}" at ${path} is not text; nothing was changed. Store it as a string, then try again`,
    );
  }

  unfit(path: SecretPath, problem: string): DriverError {
    return this.#error('Misconfigured', path, `${path}: ${problem}. Nothing was changed`);
  }

  notOpen(path: SecretPath): DriverError {
    return this.#error(
      'Conflict',
      path,
      `the rotation's record at ${path} is not open; nothing was changed. It was finished, or another rotation holds it`,
    );
  }

  takenOver(path: SecretPath): DriverError {
    return this.#error(
      'Conflict',
      path,
      `the rotation's record at ${path} was taken over by another relock; nothing was changed by this one. ` +
        'See how that one ends where it was started; `relock credentials --state` says how the record stands',
    );
  }

  spent(path: SecretPath): DriverError {
    return this.#error(
      'Spent',
      path,
      `this rotation of ${path} was already carried out; nothing was changed. A new rotation needs a new token`,
    );
  }

  nothingStaged(path: SecretPath): DriverError {
    return this.#error(
      'Conflict',
      path,
      `nothing is staged at ${path}, so nothing can be promoted. Nothing was changed`,
    );
  }

  incomplete(path: SecretPath, field: string): DriverError {
    return this.#error('Bug', path, `the new secret for ${path} has no field "${field}"; it was not kept`);
  }

  busy(path: SecretPath): DriverError {
    return this.#error(
      'Conflict',
      path,
      `somebody else keeps writing at ${path}; nothing was changed by this call. Try again when they are done`,
    );
  }

  noValue(path: SecretPath): DriverError {
    return this.#error('NotFound', path, `there is no secret at ${path}. Check the path in relock.yaml`);
  }

  noFields(path: SecretPath): DriverError {
    const message = `what is at ${path} has no field that is text, so there is no secret of relock's there. Check the path in relock.yaml`;
    return this.#error('NotFound', path, message);
  }

  noVersion(path: SecretPath, version: VersionId): DriverError {
    return this.#error('NotFound', path, `version ${version} is not held at ${path}: it was released, or never kept`);
  }

  stillNeeded(path: SecretPath, version: VersionId, why: string): DriverError {
    return this.#error('Bug', path, `version ${version} of ${path} was not released: ${why}. It is still held`);
  }

  #error(code: ErrorCode, path: SecretPath, message: string): DriverError {
    return new DriverError({ code, effect: 'none', driver: this.#driver, subject: path, message });
  }
}
