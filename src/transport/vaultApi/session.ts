import type { CallContext } from '../../contracts/context.js';
import { DriverError } from '../../model/errors.js';
import type { Secret } from '../../secret/secret.js';
import type { VaultApi, VaultApiAnswer, VaultApiCall, VaultApiSession } from './call.js';

/** Where the token of a session comes from. */
export interface TokenSource {
  /** The token to use now. Throws `DriverError`. */
  token(context: CallContext): Promise<Secret>;
  /** The server no longer takes this one: null when there is no other. */
  replace(refused: Secret, context: CallContext): Promise<Secret | null>;
}

/**
 * A refused call (403) is either a right that is missing or a token that died. The server is asked which, and only a
 * dead token is replaced, once; repeating the call is safe, for a refused one changed nothing.
 */
export function createSession(api: VaultApi, source: TokenSource): VaultApiSession {
  async function isDead(token: Secret, context: CallContext): Promise<boolean> {
    const path = ['auth', 'token', 'lookup-self'];
    const answer = await api.send({ method: 'GET', path, expected: [403], subject: 'its own token' }, token, context);
    return answer.status === 403;
  }

  async function request(call: VaultApiCall, context: CallContext): Promise<VaultApiAnswer> {
    const token = await source.token(context);
    const answer = await api.send({ ...call, expected: [...(call.expected ?? []), 403] }, token, context);
    if (answer.status !== 403) return answer;
    if (!(await isDead(token, context))) return call.expected?.includes(403) ? answer : api.send(call, token, context);
    const next = await source.replace(token, context);
    if (next === null) throw dead(api.driver, call.subject);
    return api.send(call, next, context);
  }

  return { driver: api.driver, request, close: () => api.close() };
}

function dead(driver: string, subject: string): DriverError {
  return new DriverError({
    code: 'Unauthorized',
    effect: 'none',
    driver,
    subject,
    message:
      `${subject}: the vault no longer takes relock's token (expired or revoked); nothing was changed. ` +
      'Put a fresh token where relock.yaml says, and start the worker again',
  });
}
