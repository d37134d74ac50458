import { z } from 'zod';
import type { CallContext } from '../../contracts/context.js';
import type { VaultFinding } from '../../contracts/vaultBackend.js';
import type { Content, DocumentStore, Place, StoredDocument } from '../../ledger/documentStore.js';
import { contentFromValue, contentToJson } from '../../ledger/jsonContent.js';
import { DriverError } from '../../model/errors.js';
import { mentions } from '../../transport/vaultApi/answers.js';
import type { VaultApiCall, VaultApiSession } from '../../transport/vaultApi/call.js';
import { checkAccess } from './checkAccess.js';
import { requireKv2 } from './kvVersion.js';
import { listTree } from './listTree.js';
import { Mount } from './mount.js';

/** A read of a version that is deleted or destroyed is a 404 that still has metadata. */
const readAnswer = z.object({
  data: z.object({
    data: z.record(z.string(), z.unknown()).nullable(),
    metadata: z.object({ version: z.number().int(), destroyed: z.boolean().default(false) }),
  }),
});

/** `deletion_time` is set when the mount lets versions expire. */
const writeAnswer = z.object({ data: z.object({ deletion_time: z.string() }) });

function goneBy({ version, destroyed }: { readonly version: number; readonly destroyed: boolean }): string {
  return destroyed
    ? `Its newest version, ${version}, was destroyed there`
    : `Its newest version, ${version}, was deleted there: \`bao kv undelete -versions=${version}\` brings it back`;
}

const staleText = 'check-and-set parameter did not match the current version';

/** A KV version 2 mount: readers' paths as they are, relock's own documents below `relock/`, every write check-and-set. */
export class KvDocuments implements DocumentStore {
  readonly driver: string;
  readonly #session: VaultApiSession;
  readonly #mount: Mount;
  #known: Promise<void> | null = null;

  constructor(session: VaultApiSession, mount: string) {
    this.driver = session.driver;
    this.#session = session;
    this.#mount = new Mount(mount);
  }

  async read(place: Place, path: string, context: CallContext): Promise<StoredDocument> {
    await this.#requireMount(context);
    const call: VaultApiCall = { method: 'GET', path: this.#mount.data(place, path), expected: [404], subject: path };
    const { status, body } = await this.#session.request(call, context);
    const parsed = readAnswer.safeParse(body);
    if (!parsed.success) {
      if (status === 404) return { content: null, revision: '0' };
      throw this.#notKv(path);
    }
    const { data, metadata } = parsed.data.data;
    const revision = String(metadata.version);
    if (data === null) return { content: null, revision, gone: goneBy(metadata) };
    const content = contentFromValue(data);
    if (content === null) throw this.#notKv(path);
    return { content, revision };
  }

  async write(
    place: Place,
    path: string,
    content: Content,
    ifRevision: string,
    context: CallContext,
  ): Promise<'written' | 'conflict'> {
    await this.#requireMount(context);
    if (place === 'relock' && ifRevision === '0') await this.#keepOneVersion(path, context);
    const call: VaultApiCall = {
      method: 'POST',
      path: this.#mount.data(place, path),
      body: { options: { cas: Number(ifRevision) }, data: contentToJson(content) },
      expected: [400],
      subject: path,
    };
    const { status, body } = await this.#session.request(call, context);
    if (status === 400 && mentions(body, staleText)) return 'conflict';
    const written = writeAnswer.safeParse(body);
    if (status !== 200 || !written.success) throw this.#notKv(path);
    if (place === 'relock' && written.data.data.deletion_time !== '') throw this.#expiring(path);
    return 'written';
  }

  async list(place: Place, prefix: string, context: CallContext): Promise<readonly string[]> {
    await this.#requireMount(context);
    return listTree(this.#session, this.#mount, place, prefix, context);
  }

  async check(paths: readonly string[], context: CallContext): Promise<readonly VaultFinding[]> {
    await this.#requireMount(context);
    return checkAccess(this.#session, this.#mount, paths, context);
  }

  /** KV's own addresses have the mount and `data` before the path; a path in relock.yaml has not. */
  mistyped(path: string): string | null {
    const own = [`${this.#mount.name}/`, 'data/', 'metadata/'];
    const rest = own.reduce((left, prefix) => (left.startsWith(prefix) ? left.slice(prefix.length) : left), path);
    if (rest === path || rest === '') return null;
    return `The path begins with "${path.slice(0, -rest.length)}", which is part of KV's address and not of the path; expected "${rest}"`;
  }

  /** Asked once, and again only after it failed. */
  #requireMount(context: CallContext): Promise<void> {
    this.#known ??= requireKv2(this.#session, this.#mount, context).catch((error: unknown) => {
      this.#known = null;
      throw error;
    });
    return this.#known;
  }

  /** relock's own document holds secrets: a value taken out of it must not live on in the path's history. */
  async #keepOneVersion(path: string, context: CallContext): Promise<void> {
    const metadata = this.#mount.metadata('relock', path);
    await this.#session.request({ method: 'POST', path: metadata, body: { max_versions: 1 }, subject: path }, context);
  }

  /** A held value that goes by itself may be the last copy of what a device accepts. */
  #expiring(path: string): DriverError {
    const message =
      `${path}: the mount "${this.#mount.name}" deletes every version after a time, and with it values that relock must hold. ` +
      'What was written is there for now. Set `delete_version_after` of the mount to 0s, then try again';
    return new DriverError({ code: 'Misconfigured', effect: 'unknown', driver: this.driver, subject: path, message });
  }

  #notKv(path: string): DriverError {
    const message =
      `${path}: the vault did not answer as a KV version 2 mount does; nothing was changed. ` +
      `Check that "${this.#mount.name}" is a KV mount with version 2 (\`bao secrets list -detailed\`)`;
    return new DriverError({ code: 'Misconfigured', effect: 'none', driver: this.driver, subject: path, message });
  }
}
