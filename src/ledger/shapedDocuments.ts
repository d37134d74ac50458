import type { CopyShapes } from '../model/copyShape.js';
import { Secret } from '../secret/secret.js';
import type { Content, DocumentStore } from './documentStore.js';
import { nameThere, ourName } from './fieldNames.js';
import { contentFromJson, restOf } from './jsonContent.js';

/** The same store, whose readers' fields are called as relock calls them. */
export function withShapes(store: DocumentStore, shapes: CopyShapes): DocumentStore {
  if (shapes.size === 0) return store;
  const fieldsAt = (place: string, path: string) => (place === 'readers' ? shapes.get(path)?.fields : undefined);
  return {
    driver: store.driver,
    async read(place, path, context) {
      const stored = await store.read(place, path, context);
      const fields = fieldsAt(place, path);
      if (fields === undefined || stored.content === null) return stored;
      return { ...stored, content: renamed(stored.content, (name) => ourName(fields, name)) };
    },
    write(place, path, content, revision, context) {
      const fields = fieldsAt(place, path);
      const there = fields === undefined ? content : renamed(content, (name) => nameThere(fields, name));
      return store.write(place, path, there, revision, context);
    },
    list: (place, prefix, context) => store.list(place, prefix, context),
    check: (paths, context) => store.check(paths, context),
    mistyped: (path) => store.mistyped?.(path) ?? null,
  };
}

function renamed(content: Content, nameOf: (name: string) => string): Content {
  const { fields } = content;
  const rest = Object.fromEntries(Object.entries(restOf(content)).map(([name, value]) => [nameOf(name), value]));
  const texts = fields.fieldNames().map((name) => [nameOf(name), fields.reveal(name)] as const);
  return { ...content, fields: Secret.of(Object.fromEntries(texts)), rest: contentFromJson(rest).rest };
}
