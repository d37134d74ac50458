// JavaScript: clients and workers load it by its path, without a compiler; the workflows' bundle contains it.
import { ApplicationFailure, DefaultFailureConverter } from '@temporalio/common';

/** Messages and stacks of failures travel as payloads, which are encrypted, and not beside them in clear. */
const sealed = new DefaultFailureConverter({ encodeCommonAttributes: true });
const clear = new DefaultFailureConverter();

/**
 * Why an update was refused stays in clear: the Temporal UI shows it in its dialogue, and does not decrypt there. It is not
 * stored: a refused update leaves no trace in a history. The text is relock's own (`workflows/refusal.ts`).
 */
function isRefusal(error) {
  return error instanceof ApplicationFailure && error.type === 'UpdateRefused';
}

export const failureConverter = {
  errorToFailure: (error, ...rest) => (isRefusal(error) ? clear : sealed).errorToFailure(error, ...rest),
  failureToError: (...failure) => sealed.failureToError(...failure),
};
