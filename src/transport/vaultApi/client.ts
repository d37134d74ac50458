import type { CallContext } from '../../contracts/context.js';
import { DriverError } from '../../model/errors.js';
import type { Secret } from '../../secret/secret.js';
import { exactText } from '../exactJson.js';
import { type Meaning, meaningOf, meaningOfFailure, notJson, upwardPath } from './answers.js';
import type { VaultApi, VaultApiAnswer, VaultApiCall } from './call.js';
import { connectionTo, ExchangeFailure, exchange, type HttpAnswer, type HttpMessage } from './exchange.js';

/** The longest that Node's timers can wait. */
const maxTimerMs = 2 ** 31 - 1;

/** A listing of some 500,000 names. */
const maxListingBytes = 32 * 1024 * 1024;
/** A secret may have 1 MB, and be escaped. */
const maxAnswerBytes = 4 * 1024 * 1024;

export interface VaultApiOptions {
  /** Registered driver name, for errors. */
  readonly driver: string;
  readonly address: string;
  readonly namespace?: string | undefined;
  /** PEM; null: the system's authorities. */
  readonly caPem: string | null;
}

export function createVaultApi(options: VaultApiOptions): VaultApi {
  const address = new URL(options.address);
  const connection = connectionTo(address, options.caPem);

  async function send(call: VaultApiCall, token: Secret | null, context: CallContext): Promise<VaultApiAnswer> {
    const fail = (meaning: Meaning) => problem(options.driver, call, meaning);
    if (call.path.some((segment) => segment === '.' || segment === '..')) throw fail(upwardPath);
    const answer = await within(context, (signal) => exchange(connection, message(call, token), signal)).catch(
      (error: unknown) => {
        if (error instanceof ExchangeFailure) throw fail(meaningOfFailure(error));
        throw fail(meaningOfFailure(new ExchangeFailure('notConnected', false)));
      },
    );
    const body = parse(answer);
    const welcome = answer.status === 200 || answer.status === 204 || call.expected?.includes(answer.status);
    if (!welcome) throw fail(meaningOf(answer.status, body ?? null));
    if (body === undefined) throw fail(notJson);
    return { status: answer.status, body };
  }

  function message(call: VaultApiCall, token: Secret | null): HttpMessage {
    const url = new URL(`/v1/${call.path.map(encodeURIComponent).join('/')}`, address);
    if (call.method === 'LIST') url.searchParams.set('list', 'true');
    const type = call.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return {
      url,
      method: call.method === 'LIST' ? 'GET' : call.method,
      headers: {
        'X-Vault-Request': 'true',
        ...(token === null ? {} : { 'X-Vault-Token': token.reveal('token') }),
        ...(options.namespace === undefined ? {} : { 'X-Vault-Namespace': options.namespace }),
        ...(call.body === undefined ? {} : { 'Content-Type': type }),
      },
      body: call.body === undefined ? null : Buffer.from(exactText(call.body)),
      maxAnswerBytes: call.method === 'LIST' ? maxListingBytes : maxAnswerBytes,
    };
  }

  return { driver: options.driver, send, close: () => connection.agent.destroy() };
}

function problem(driver: string, call: VaultApiCall, meaning: Meaning): DriverError {
  const effectFree = call.effectFree === true || call.method === 'GET' || call.method === 'LIST';
  const effect = effectFree ? 'none' : meaning.effect;
  return new DriverError({
    code: meaning.code,
    effect,
    driver,
    subject: call.subject,
    message: `${call.subject}: ${meaning.text}`,
  });
}

/** undefined: not JSON. */
function parse(answer: HttpAnswer): unknown {
  if (answer.text.trim() === '') return null;
  try {
    return JSON.parse(answer.text);
  } catch {
    return undefined;
  }
}

/** Runs until done, aborted, or past the deadline; leaves no timer behind. */
async function within<Result>(context: CallContext, run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const late = new AbortController();
  const remainingMs = context.deadline - Date.now();
  if (remainingMs <= 0) late.abort();
  const timer = setTimeout(() => late.abort(), Math.min(Math.max(remainingMs, 0), maxTimerMs));
  try {
    return await run(AbortSignal.any([context.signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}
