import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ArtifactStore } from '../../src/contracts/artifactStore.js';
import { callContext } from './vaultBackend.harness.js';

/** Every artifact store passes this on the real thing. */
export function describeArtifactStore(name: string, getStore: () => ArtifactStore): void {
  describe(`artifact store: ${name}`, () => {
    const bytes = (text: string) => Buffer.from(text);
    let store: ArtifactStore;
    let folder: string;
    let key: string;

    beforeEach(() => {
      store = getStore();
      folder = `incident-${randomUUID()}`;
      key = `${folder}/plan/page-0001.json`;
    });

    test('what was put is got, byte for byte, also by another instance', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      await store.put(key, all, callContext());
      expect(Buffer.from(await getStore().get(key, callContext()))).toEqual(Buffer.from(all));
    });

    test('an empty artifact is an artifact', async () => {
      await store.put(key, bytes(''), callContext());
      expect((await store.get(key, callContext())).length).toBe(0);
    });

    test('the same bytes again are a no-op; others are a conflict and change nothing', async () => {
      await store.put(key, bytes('one'), callContext());
      await store.put(key, bytes('one'), callContext());
      await expect(store.put(key, bytes('two'), callContext())).rejects.toMatchObject({
        code: 'Conflict',
        effect: 'none',
      });
      expect(Buffer.from(await store.get(key, callContext())).toString()).toBe('one');
    });

    test('of many that put different bytes at once, exactly one succeeds', async () => {
      const texts = Array.from({ length: 8 }, (_, index) => `content ${index}`);
      const results = await Promise.allSettled(texts.map((text) => getStore().put(key, bytes(text), callContext())));
      const winners = texts.filter((_, index) => results[index]?.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      expect(Buffer.from(await store.get(key, callContext())).toString()).toBe(winners[0]);
    });

    test('what is not there is NotFound', async () => {
      await expect(store.get(key, callContext())).rejects.toMatchObject({ code: 'NotFound' });
    });

    test('list gives every key with the prefix, sorted', async () => {
      const keys = [`${folder}/b/2`, `${folder}/a`, `${folder}/b/10`, `${folder}/b.json`];
      for (const each of keys) await store.put(each, bytes(each), callContext());
      expect(await store.list(`${folder}/`, callContext())).toEqual([...keys].sort());
      expect(await store.list(`${folder}/b/`, callContext())).toEqual([`${folder}/b/10`, `${folder}/b/2`]);
      expect(await store.list(`${folder}/none`, callContext())).toEqual([]);
      expect(await store.list(`${folder}/b/1`, callContext())).toEqual([`${folder}/b/10`]);
      expect(await store.list(`${folder}/b/2/`, callContext())).toEqual([]);
      for (const nothing of ['../', `${folder}/../`, '/', `${folder}//`])
        expect(await store.list(nothing, callContext())).toEqual([]);
    });

    test.each(['', '/a', 'a/', 'a//b', '../a', 'a/../b', 'a/.b', 'a\nb', 'a b', 'A', '.a', 'a\\b', 'a%2fb'])(
      'the key %j is refused',
      async (bad) => {
        const refused = { code: 'Misconfigured', effect: 'none' };
        await expect(store.put(bad, bytes('x'), callContext())).rejects.toMatchObject(refused);
        await expect(store.get(bad, callContext())).rejects.toMatchObject(refused);
      },
    );

    test('past its deadline nothing is put', async () => {
      await expect(store.put(key, bytes('x'), callContext(-1))).rejects.toMatchObject({
        code: 'Timeout',
        effect: 'none',
      });
      await expect(store.get(key, callContext())).rejects.toMatchObject({ code: 'NotFound' });
    });
  });
}
