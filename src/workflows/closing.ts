import { refusal } from './refusal.js';

/** A sentence, not a document: it is in the report. */
const longest = 500;

/** Throws what the person is told, unless the reason can stand in a report. */
export function checkReason(given: unknown): void {
  const reason = typeof given === 'object' && given !== null && 'reason' in given ? given.reason : undefined;
  if (typeof reason !== 'string' || reason.trim() === '')
    throw refusal('closing it with something still open needs a reason, which the report shows. Nothing was changed');
  if (reason.length > longest || /\p{Cc}/u.test(reason))
    throw refusal(`the reason must be one line of at most ${longest} characters. Nothing was changed`);
}
