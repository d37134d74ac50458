import type { z } from 'zod';
import { DriverError } from '../../model/errors.js';

/** The answer in the shape that a vault gives. Throws `DriverError` with none of its values. */
export function readAnswer<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
  about: { readonly driver: string; readonly subject: string },
): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw oddAnswer(about);
}

/** Only what changes nothing is answered with this. */
export function oddAnswer(about: { readonly driver: string; readonly subject: string }): DriverError {
  const message =
    `${about.subject}: the answer is none that a KV version 2 mount gives; nothing was changed. ` +
    'Check that `address` is a HashiCorp Vault or OpenBao server';
  return new DriverError({ code: 'Misconfigured', effect: 'none', ...about, message });
}
