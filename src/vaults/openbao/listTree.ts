import pLimit from 'p-limit';
import { z } from 'zod';
import type { CallContext } from '../../contracts/context.js';
import type { Place } from '../../ledger/documentStore.js';
import type { VaultApiSession } from '../../transport/vaultApi/call.js';
import { Mount } from './mount.js';
import { oddAnswer, readAnswer } from './readAnswer.js';

/** A name in a folder; with a slash at its end, a folder. */
const key = z.string().regex(/^[^/]+\/?$/);
const listAnswer = z.object({ data: z.object({ keys: z.array(key) }) });
const listingsAtOnce = 16;

/** No path that relock uses is longer, and a tree without end would never be walked. */
const maxFolderLength = 400;
const maxNames = 1_000_000;

/** Every path at or under the prefix, sorted. KV lists one folder at a time; the walk is complete or throws. */
export async function listTree(
  session: VaultApiSession,
  mount: Mount,
  place: Place,
  prefix: string,
  context: CallContext,
): Promise<readonly string[]> {
  const limit = pLimit(listingsAtOnce);
  const found: string[] = [];

  async function walk(folder: string): Promise<void> {
    if (folder.length > maxFolderLength || found.length > maxNames)
      throw oddAnswer({ driver: session.driver, subject: `mount ${mount.name}` });
    const keys = await limit(() => keysIn(session, mount, place, folder, context));
    const folders = keys.filter((name) => name.endsWith('/')).map((name) => `${folder}${name}`);
    for (const name of keys) if (!name.endsWith('/')) found.push(`${folder}${name}`);
    await Promise.all(folders.filter((name) => !isOwn(place, name)).map(walk));
  }

  await walk(prefix === '' ? '' : `${prefix}/`);
  if (prefix !== '' && (await isKey(session, mount, place, prefix, context))) found.push(prefix);
  return found.sort();
}

async function isKey(
  session: VaultApiSession,
  mount: Mount,
  place: Place,
  path: string,
  context: CallContext,
): Promise<boolean> {
  const parent = path.slice(0, path.lastIndexOf('/') + 1);
  const keys = await keysIn(session, mount, place, parent, context);
  return keys.includes(path.slice(parent.length));
}

/** Names in a folder given as `''` or `a/b/`. A folder that does not exist has none. */
async function keysIn(
  session: VaultApiSession,
  mount: Mount,
  place: Place,
  folder: string,
  context: CallContext,
): Promise<readonly string[]> {
  const subject = folder === '' ? `everything in mount ${mount.name}` : folder;
  const path = mount.metadata(place, folder);
  const { status, body } = await session.request({ method: 'LIST', path, expected: [404], subject }, context);
  if (status === 404) return [];
  return readAnswer(listAnswer, body, { driver: session.driver, subject }).data.keys;
}

function isOwn(place: Place, folder: string): boolean {
  return place === 'readers' && folder === `${Mount.ownFolder}/`;
}
