import { randomUUID } from 'node:crypto';
import type { CallContext } from '../../contracts/context.js';
import type { VaultFinding } from '../../contracts/vaultBackend.js';
import type { Content, DocumentStore, Place, StoredDocument } from '../../ledger/documentStore.js';
import { contentFromText, contentToText } from '../../ledger/jsonContent.js';
import { type CopyShapes, noShapes } from '../../model/copyShape.js';
import { DriverError } from '../../model/errors.js';
import { deleted, driver } from './awsFailure.js';
import { checkSecrets, currentVersion } from './fitness.js';
import { isName, nameOf, ownPrefix, pathOf } from './secretNames.js';
import type { SecretsApi } from './secretsApi.js';

/** Revisions that are no version's id. */
const absent = 'absent';
const withoutValue = 'without value';

/** A secret that appears between two requests is read again. */
const readAttempts = 3;

/** AWS's own limit. */
const maxBytes = 65_536;

const noValue = 'The secret is there, and has no value that is AWSCURRENT';
const binary = 'its value is binary, which relock does not rotate. Nothing was changed; store it as text';

/**
 * One secret per document: readers' as they are, relock's own below `relock/`. The revision is the id of the version
 * that is AWSCURRENT. A write adds a version that nobody reads, then moves AWSCURRENT from the known version to it: AWS
 * refuses that when it is no longer there, so of two writers one wins, and the other is told.
 */
export class SecretDocuments implements DocumentStore {
  readonly driver = driver;
  readonly #api: SecretsApi;
  readonly #shapes: CopyShapes;

  constructor(api: SecretsApi, shapes: CopyShapes = noShapes) {
    this.#api = api;
    this.#shapes = shapes;
  }

  async read(place: Place, path: string, context: CallContext): Promise<StoredDocument> {
    const name = this.#name(place, path);
    for (let attempts = 0; attempts < readAttempts; attempts += 1) {
      const value = await this.#api.get(name, context);
      if (value?.VersionId !== undefined) {
        const empty = value.SecretString === undefined && value.SecretBinary === undefined;
        return { content: empty ? null : this.#content(name, value.SecretString), revision: value.VersionId };
      }
      const described = await this.#api.describe(name, context);
      if (described === null) return { content: null, revision: absent };
      if (described.DeletedDate !== undefined) throw this.#error('Refused', name, deleted);
      if (currentVersion(described) === null) return { content: null, revision: withoutValue, gone: noValue };
    }
    throw this.#error('Conflict', name, 'it keeps changing while it is read. Nothing was changed; try again');
  }

  async write(
    place: Place,
    path: string,
    content: Content,
    ifRevision: string,
    context: CallContext,
  ): Promise<'written' | 'conflict'> {
    const name = this.#name(place, path);
    const text = this.#text(name, content);
    // Never used twice: AWS would take the same id with another value for the first one.
    const versionId = randomUUID();
    if (ifRevision === absent) {
      return (await this.#api.create(name, text, versionId, context)) === 'created' ? 'written' : 'conflict';
    }
    await this.#api.put(name, text, versionId, context);
    const from = ifRevision === withoutValue ? undefined : ifRevision;
    const moved = await this.#api.makeCurrent(name, { from, to: versionId }, context);
    return moved === 'done' ? 'written' : this.#whyRefused(name, versionId, ifRevision, context);
  }

  async list(place: Place, prefix: string, context: CallContext): Promise<readonly string[]> {
    const names = await this.#api.names(nameOf(place, prefix), context);
    return names
      .map((name) => pathOf(place, name))
      .filter((path) => path !== null)
      .filter((path) => prefix === '' || path === prefix || path.startsWith(`${prefix}/`))
      .sort();
  }

  check(paths: readonly string[], context: CallContext): Promise<readonly VaultFinding[]> {
    return checkSecrets(this.#api, paths, context);
  }

  /** AWS has one error for "it is not there any more" and for much else: where the label is now decides. */
  async #whyRefused(
    name: string,
    versionId: string,
    ifRevision: string,
    context: CallContext,
  ): Promise<'written' | 'conflict'> {
    const described = await this.#api.describe(name, context);
    const current = described === null ? absent : (currentVersion(described) ?? withoutValue);
    if (current === versionId) return 'written';
    if (current !== ifRevision) return 'conflict';
    throw this.#error(
      'Refused',
      name,
      'AWS does not move AWSCURRENT. What readers get is as it was; look into CloudTrail',
    );
  }

  #name(place: Place, path: string): string {
    if (isName(path)) return nameOf(place, path);
    const text =
      'a secret in AWS has only letters, digits and / _ + = . @ - in its name. Nothing was sent; correct it in relock.yaml';
    throw this.#error('Misconfigured', path, text);
  }

  #content(name: string, text: string | undefined): Content {
    if (text === undefined) throw this.#error('Misconfigured', name, binary);
    const content = contentFromText(text, this.#textField(name));
    if (content !== null) return content;
    const what = name.startsWith(ownPrefix)
      ? 'is no document of relock'
      : 'is no JSON object such as {"username": …, "password": …}; where the whole value is the password, say so: format: text';
    throw this.#error('Misconfigured', name, `its value ${what}. Nothing was changed; correct it by hand`);
  }

  #text(name: string, content: Content): string {
    const text = contentToText(content, this.#textField(name));
    if (Buffer.byteLength(text) <= maxBytes) return text;
    throw this.#error(
      'Refused',
      name,
      `the value is larger than the ${maxBytes} bytes that AWS takes. Nothing was changed`,
    );
  }

  #textField(name: string): string | null {
    const path = name.startsWith(ownPrefix) ? null : pathOf('readers', name);
    return path === null ? null : (this.#shapes.get(path)?.text ?? null);
  }

  #error(code: 'Conflict' | 'Misconfigured' | 'Refused', name: string, text: string): DriverError {
    return new DriverError({ code, effect: 'none', driver, subject: name, message: `${name}: ${text}` });
  }
}
