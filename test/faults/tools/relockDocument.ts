import { z } from 'zod';
import type { Fields } from '../estate.js';

const documentSchema = z.object({
  record: z.unknown(),
  held: z.record(z.string(), z.record(z.string(), z.string())),
});

interface RelockDocument {
  readonly isOpen: boolean;
  /** By the vault's own name for the version. */
  readonly held: Readonly<Record<string, Fields>>;
}

/** What relock itself has left in a vault, by the text of its one field; null: it has left nothing. */
export function readRelockDocument(fields: Fields | null): RelockDocument {
  if (fields === null) return { isOpen: false, held: {} };
  const { record, held } = documentSchema.parse(JSON.parse(fields.relock_document ?? ''));
  return { isOpen: record !== null, held };
}
