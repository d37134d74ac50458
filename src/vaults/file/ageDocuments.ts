import { createHash } from 'node:crypto';
import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallContext } from '../../contracts/context.js';
import type { VaultFinding } from '../../contracts/vaultBackend.js';
import type { Content, DocumentStore, Place, StoredDocument } from '../../ledger/documentStore.js';
import { contentFromText, contentToText } from '../../ledger/jsonContent.js';
import { type CopyShapes, noShapes } from '../../model/copyShape.js';
import { DriverError } from '../../model/errors.js';
import { hasCode, replaceFile } from '../../transport/files/durableFile.js';
import { readAgeFile, readersOf, writtenAs } from './ageFile.js';
import { fileOf, ownFolder, placeFolder, temporaryOf } from './fileNames.js';
import { FileProblems } from './fileProblems.js';
import { type AgeKey, readAgeKey } from './identity.js';
import { listFiles } from './listFiles.js';
import { readSmallFile } from './readSmallFile.js';
import { WriteLock } from './writeLock.js';

const noFile = 'no file';

/** More than other vaults take. */
const maxFileBytes = 8 * 1024 * 1024;

/** Of keys `age1…`, to which relock encrypts. */
const ownKind = 'X25519';

export interface AgeOptions {
  readonly shapes?: CopyShapes;
  /** Who else may read what readers get, as `age1…`; everybody who may read a secret now must be among them. */
  readonly recipients?: readonly string[];
}

/**
 * A folder with one age-encrypted JSON object per secret; relock's own documents are below `.relock/`. The revision is
 * the digest of the encrypted file, which differs for every write.
 */
export class AgeDocuments implements DocumentStore {
  readonly driver = 'file';
  readonly #root: string;
  readonly #identityFile: string;
  readonly #problems: FileProblems;
  readonly #lock: WriteLock;
  readonly #shapes: CopyShapes;
  readonly #recipients: readonly string[];
  #key: Promise<AgeKey> | null = null;

  constructor(root: string, identityFile: string, options: AgeOptions = {}) {
    const { shapes = noShapes, recipients = [] } = options;
    this.#recipients = recipients;
    this.#shapes = shapes;
    this.#root = root;
    this.#identityFile = identityFile;
    this.#problems = new FileProblems(this.driver, root);
    this.#lock = new WriteLock(join(root, ownFolder, 'lock'));
  }

  async read(place: Place, path: string, context: CallContext): Promise<StoredDocument> {
    this.#problems.requireTime(path, context);
    const bytes = await this.#bytes(place, path);
    if (bytes === null) return { content: null, revision: noFile };
    return { content: await this.#decrypt(place, path, bytes), revision: digest(bytes) };
  }

  async write(
    place: Place,
    path: string,
    content: Content,
    ifRevision: string,
    context: CallContext,
  ): Promise<'written' | 'conflict'> {
    this.#problems.requireTime(path, context);
    await this.#requireRoot(path);
    const key = await this.#useKey();
    const sealed = await key.encrypt(this.#text(place, path, content), place === 'readers' ? 'everybody' : 'self');
    const file = fileOf(this.#root, place, path);
    return this.#problems.whileWriting(path, () =>
      this.#lock.run(context, async () => {
        const bytes = await this.#bytes(place, path);
        if ((bytes === null ? noFile : digest(bytes)) !== ifRevision) return 'conflict';
        this.#problems.requireTime(path, context);
        const isArmored = bytes !== null && readAgeFile(bytes).isArmored;
        await replaceFile(file, temporaryOf(file), writtenAs(sealed, isArmored));
        return 'written';
      }),
    );
  }

  async list(place: Place, prefix: string, context: CallContext): Promise<readonly string[]> {
    this.#problems.requireTime(prefix, context);
    await this.#requireRoot(prefix);
    const all = await this.#problems.whileReading(prefix, () =>
      listFiles(placeFolder(this.#root, place), this.#problems),
    );
    return all.filter((path) => prefix === '' || path === prefix || path.startsWith(`${prefix}/`)).sort();
  }

  async check(paths: readonly string[], context: CallContext): Promise<readonly VaultFinding[]> {
    const whole = await this.#asFindings(null, async () => {
      await this.#requireRoot('');
      await this.#useKey();
      await this.#problems.whileReading('', () => access(this.#root, constants.R_OK | constants.W_OK | constants.X_OK));
    });
    if (whole.length > 0) return whole;
    const each = await Promise.all(
      paths.map((path) =>
        this.#asFindings(path, async () => {
          await this.read('readers', path, context);
          await this.read('relock', path, context);
        }),
      ),
    );
    return each.flat();
  }

  mistyped(path: string): string | null {
    if (!path.endsWith('.age')) return null;
    return `The path ends with ".age", which relock adds to it; expected "${path.slice(0, -'.age'.length)}"`;
  }

  async #asFindings(path: string | null, look: () => Promise<void>): Promise<readonly VaultFinding[]> {
    try {
      await look();
      return [];
    } catch (error) {
      if (error instanceof DriverError) return [{ path, severity: 'error', message: error.message }];
      throw error;
    }
  }

  /** null: no such file, in a vault that is there. */
  async #bytes(place: Place, path: string): Promise<Buffer | null> {
    const file = fileOf(this.#root, place, path);
    const bytes = await this.#problems.whileReading(path, () =>
      readSmallFile(file, maxFileBytes).catch((error: unknown) => {
        if (hasCode(error, 'ENOENT')) return null;
        throw error;
      }),
    );
    if (bytes === null) await this.#requireRoot(path);
    return bytes;
  }

  async #decrypt(place: Place, path: string, bytes: Buffer): Promise<Content> {
    const key = await this.#useKey();
    const file = fileOf(this.#root, place, path);
    const binary = this.#unarmored(path, file, bytes);
    this.#requireAllReaders(path, file, binary, key);
    const text = await key.decrypt(binary).catch(() => null);
    if (text === null) throw this.#problems.cannotDecrypt(path, file, this.#identityFile);
    const content = contentFromText(text, this.#textField(place, path));
    if (content === null) throw this.#problems.notAnObject(path, file);
    return content;
  }

  #text(place: Place, path: string, content: Content): string {
    const field = this.#textField(place, path);
    const text = contentToText(content, field);
    return field !== null || content.text !== undefined ? text : `${text}\n`;
  }

  #textField(place: Place, path: string): string | null {
    return place === 'readers' ? (this.#shapes.get(path)?.text ?? null) : null;
  }

  /** Throws where more may read it than relock would write it for: nobody loses access unsaid. */
  #requireAllReaders(path: string, file: string, binary: Uint8Array, key: AgeKey): void {
    const kinds = readersOf(binary) ?? [];
    const other = kinds.find((kind) => kind !== ownKind);
    if (other !== undefined) throw this.#problems.otherKeys(path, file, other);
    if (kinds.length > key.readers) throw this.#problems.moreReaders(path, file, kinds.length);
  }

  #unarmored(path: string, file: string, bytes: Uint8Array): Uint8Array {
    try {
      return readAgeFile(bytes).bytes;
    } catch {
      throw this.#problems.cannotDecrypt(path, file, this.#identityFile);
    }
  }

  /** A mistyped folder must not look like an empty vault. */
  async #requireRoot(path: string): Promise<void> {
    const info = await stat(this.#root).catch(() => null);
    if (info === null || !info.isDirectory()) throw this.#problems.noFolder(path);
  }

  #useKey(): Promise<AgeKey> {
    this.#key ??= readAgeKey(this.#identityFile, this.#recipients).catch((error: unknown) => {
      this.#key = null;
      throw this.#problems.badIdentity(this.#identityFile, error);
    });
    return this.#key;
  }
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
