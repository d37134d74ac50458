import type { CopyShapes } from '../model/copyShape.js';
import { Secret } from '../secret/secret.js';
import type { Content, DocumentStore } from './documentStore.js';

/** The same store, whose readers' fields are called as relock calls them. */
export function withShapes(store: DocumentStore, shapes: CopyShapes): DocumentStore {
  if (shapes.size === 0) return store;
  const fieldsAt = (place: string, path: string) => (place === 'readers' ? shapes.get(path)?.fields : undefined) ?? {};
  return {
    driver: store.driver,
    async read(place, path, context) {
      const stored = await store.read(place, path, context);
      const theirs = Object.entries(fieldsAt(place, path)).map(([ours, there]) => [there, ours] as const);
      return stored.content === null ? stored : { ...stored, content: renamed(stored.content, theirs) };
    },
    write: (place, path, content, revision, context) =>
      store.write(place, path, renamed(content, Object.entries(fieldsAt(place, path))), revision, context),
    list: (place, prefix, context) => store.list(place, prefix, context),
    check: (paths, context) => store.check(paths, context),
  };
}

/** Whatever had the new name before is covered by it: two fields cannot be one. */
function renamed(content: Content, names: readonly (readonly [from: string, to: string])[]): Content {
  const moved = names.filter(([from]) => content.fields.has(from));
  const taken = moved.flat();
  const kept = content.fields.pick(content.fields.fieldNames().filter((name) => !taken.includes(name)));
  const values = Object.fromEntries(moved.map(([from, to]) => [to, content.fields.reveal(from)]));
  return { ...content, fields: kept.with(Secret.of(values)) };
}
