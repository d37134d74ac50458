import type { CallContext } from '../../contracts/context.js';
import type { Secret } from '../../secret/secret.js';

export type VaultApiMethod = 'GET' | 'LIST' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One request to the HTTP API that HashiCorp Vault and OpenBao share. */
export interface VaultApiCall {
  readonly method: VaultApiMethod;
  /** Below `/v1/`, one entry per segment, not encoded; each is percent-encoded here. A last `''` gives a trailing slash. */
  readonly path: readonly string[];
  /** Sent as JSON. Values of secrets are revealed into it on the line that calls. */
  readonly body?: object;
  /** A POST that changes nothing (a login, a lookup): its failures have effect `none`. GET and LIST never have one. */
  readonly effectFree?: boolean;
  /** Statuses beside 200 and 204 that the caller handles itself; every other one throws. */
  readonly expected?: readonly number[];
  /** What it is about, for error messages: a vault path, a role. Never a value. */
  readonly subject: string;
}

export interface VaultApiAnswer {
  readonly status: number;
  /** The parsed JSON body, null when there was none. It may hold secrets: parse it, do not log it. */
  readonly body: unknown;
}

/** Sends one call with one token (null: none), once; never retries, never follows a redirect. Throws `DriverError`. */
export interface VaultApi {
  readonly driver: string;
  send(call: VaultApiCall, token: Secret | null, context: CallContext): Promise<VaultApiAnswer>;
  /** Closes idle connections. */
  close(): void;
}

/** The same with relock's own login: gets a token, and gets another one once when the server no longer takes it. */
export interface VaultApiSession {
  readonly driver: string;
  request(call: VaultApiCall, context: CallContext): Promise<VaultApiAnswer>;
  close(): void;
}
