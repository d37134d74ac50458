import { Client, DatabaseError } from 'pg';
import { z } from 'zod';
import type { CallContext, EffectContext } from '../../contracts/context.js';
import type { Secret } from '../../secret/secret.js';
import { CheckedConnection } from './checkedConnection.js';
import { type LoginFailure, LoginFault, loginFailureOf, loginFailures } from './loginFailure.js';
import type { Server } from './server.js';
import { statementError } from './statementError.js';

/** By which relock's sessions are known in pg_stat_activity. */
export const applicationName = 'relock';

/** How long the end of a session may take; it is cut off then. */
const goodbyeMs = 1_000;

/** `secret: null` only knocks: as soon as a password is asked for, the connection ends; no login is refused by that. */
export interface Login {
  readonly account: string;
  readonly secret: Secret | null;
}

export type LoginOutcome =
  /** `asked`: whether the server wanted the password at all. Where it did not (trust, peer), the login proves nothing. */
  | { readonly kind: 'in'; readonly session: Session; readonly asked: boolean }
  | { readonly kind: 'failed'; readonly failure: LoginFailure };

/** One fresh connection, never pooled; over when the deadline or the caller says so. */
export async function logIn(server: Server, login: Login, context: CallContext): Promise<LoginOutcome> {
  const left = context.deadline - server.now();
  if (left <= 0 || context.signal.aborted) return { kind: 'failed', failure: 'timeout' };
  const { client, connection } = newClient(server, login);
  const line = new Line(client, left, context.signal);
  try {
    await client.connect();
    if (connection.proofIsDue) throw new LoginFault('impostor');
    await requireServerItself(client);
    return { kind: 'in', session: new Session(server, client, line), asked: connection.asked };
  } catch (error) {
    line.cut();
    return { kind: 'failed', failure: line.stopped ? 'timeout' : loginFailureOf(error, connection) };
  }
}

const process = z.tuple([z.object({ pid: z.int() })]);

/**
 * The process that answers statements is the one that took the login. A pooler takes logins itself, and hands statements to
 * whatever session it has. Who may not ask is not told, and goes on.
 */
async function requireServerItself(client: Client): Promise<void> {
  const answer = await client.query('select pg_catalog.pg_backend_pid() as pid').catch((error: unknown) => {
    if (error instanceof DatabaseError) return null;
    throw error;
  });
  const seen = process.safeParse(answer?.rows);
  if (seen.success && seen.data[0].pid !== client.processID) throw new LoginFault('pooler');
}

/** Logs in to do something; throws what a failed login of relock's own means. */
export async function withSession<T>(
  server: Server,
  login: Login,
  context: CallContext,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const outcome = await logIn(server, login, context);
  if (outcome.kind === 'failed') {
    const { code, text } = loginFailures[outcome.failure];
    throw server.error(code, 'none', text);
  }
  try {
    return await use(outcome.session);
  } finally {
    await outcome.session.close();
  }
}

function newClient(server: Server, { account, secret }: Login) {
  const tls = server.tls();
  const password = () => {
    const inClear = connection.askedInClear;
    if (secret === null) throw new LoginFault(inClear ? 'askedInClear' : 'asked');
    if (inClear && tls === false) throw new LoginFault('clearTextAsked');
    connection.asked = true;
    return secret.reveal('password');
  };
  const connection: CheckedConnection = new CheckedConnection(tls, password);
  const client = new Client({
    connection,
    host: server.host,
    port: server.port,
    user: account,
    database: server.settings.database,
    password,
    ssl: tls,
    sslnegotiation: 'postgres',
    application_name: applicationName,
    client_encoding: 'UTF8',
    // Also keeps PGOPTIONS of the environment out, and limits that a role or a database has for its own work.
    options: [
      'search_path=pg_catalog',
      'statement_timeout=0',
      'lock_timeout=0',
      'idle_in_transaction_session_timeout=0',
    ]
      .map((setting) => `-c ${setting}`)
      .join(' '),
  });
  // A session that the server ends while it is idle is an `error` event, and without a listener the end of the process.
  client.on('error', () => undefined);
  return { client, connection };
}

/** The connection's end by time or by the caller. */
class Line {
  stopped = false;
  readonly #client: Client;
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #stop = () => {
    this.stopped = true;
    this.cut();
  };

  constructor(client: Client, leftMs: number, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
    this.#timer = setTimeout(this.#stop, leftMs);
    signal.addEventListener('abort', this.#stop, { once: true });
  }

  cut(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#stop);
    this.#client.connection.stream.destroy();
  }

  async end(): Promise<void> {
    const cut = setTimeout(() => this.cut(), goodbyeMs);
    await this.#client.end().catch(() => undefined);
    clearTimeout(cut);
    this.cut();
  }
}

/**
 * `local`: what the server answers is on its own disk, and it waits for no standby. That wait has no end of its own while the
 * standby is away, `statement_timeout` does not cover it, and who gives it up does not take the change back: it would happen
 * long after everybody believed that it had not. A role or a database may default to read-only transactions; this one is none.
 */
const effectSettings = `select set_config('statement_timeout', $1, false), set_config('synchronous_commit', 'local', false),
  set_config('default_transaction_read_only', 'off', false), (select count(set_config(name, '0', false)) from pg_settings
  where name in ('transaction_timeout', 'idle_session_timeout'))`;

/** An open session. One statement at a time. */
export class Session {
  readonly #server: Server;
  readonly #client: Client;
  readonly #line: Line;

  constructor(server: Server, client: Client, line: Line) {
    this.#server = server;
    this.#client = client;
    this.#line = line;
  }

  /** Rows of a statement that changes nothing. */
  async rows<Schema extends z.ZodType>(
    schema: Schema,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<readonly z.output<Schema>[]> {
    const { rows } = await this.#client.query(text, [...values]).catch((error: unknown) => {
      throw this.#failure(error, 'none');
    });
    const parsed = z.array(schema).safeParse(rows);
    if (parsed.success) return parsed.data;
    throw this.#server.error('Unsupported', 'none', 'its catalogue is none that relock knows; nothing was changed');
  }

  /**
   * One statement that changes something. The server itself gives it up when the time is over, so that it does not wait
   * for a lock and then happen late. What it answers is on its disk, also where it is set to answer before that.
   */
  async execute(text: string, context: EffectContext, values: readonly unknown[] = []): Promise<void> {
    this.#server.requireTime(context);
    const left = Math.max(1, Math.floor(Math.min(context.notAfter, context.deadline) - this.#server.now()));
    await this.rows(z.unknown(), effectSettings, [`${left}`]);
    this.#server.requireTime(context);
    await this.#client.query(text, [...values]).catch((error: unknown) => {
      throw this.#failure(error, 'unknown');
    });
  }

  close(): Promise<void> {
    return this.#line.end();
  }

  /** The server's own no says what is true; a connection that broke says nothing. */
  #failure(error: unknown, effect: 'none' | 'unknown'): Error {
    if (error instanceof DatabaseError) return statementError(this.#server, error.code ?? '', effect);
    const unsure = effect === 'none' ? 'nothing was changed' : 'the change may have happened. Probe the account';
    return this.#line.stopped
      ? this.#server.error('Timeout', effect, `no answer within the deadline; ${unsure}`)
      : this.#server.error('Unreachable', effect, `the connection broke; ${unsure}`);
  }
}
