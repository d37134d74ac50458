import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { EffectContext } from '../../contracts/context.js';
import type { DriverEnvironment } from '../../contracts/registration.js';
import { DriverError, type Effect, type ErrorCode } from '../../model/errors.js';
import type { Instant } from '../../model/time.js';
import { type PostgresqlSettings, parseAddress } from './settings.js';

const driver = 'postgresql';

/** One PostgreSQL server as relock.yaml describes it. */
export class Server {
  readonly settings: PostgresqlSettings;
  readonly host: string;
  readonly port: number;
  readonly now: () => Instant;
  readonly #id: string;
  readonly #baseDirectory: string;

  constructor(target: { readonly id: string; readonly settings: PostgresqlSettings }, environment: DriverEnvironment) {
    const parsed = parseAddress(target.settings.address);
    if (parsed === null) throw new RangeError('an address was not checked before it was used');
    this.settings = target.settings;
    this.host = parsed.host;
    this.port = parsed.port;
    this.now = environment.now;
    this.#id = target.id;
    this.#baseDirectory = environment.baseDirectory;
  }

  error(code: ErrorCode, effect: Effect, text: string): DriverError {
    const message = `PostgreSQL at ${this.settings.address}: ${text}`;
    return new DriverError({ code, effect, driver, subject: this.#id, message });
  }

  /** Throws `Timeout` with effect `none` when it is too late to change anything. */
  requireTime(context: EffectContext): void {
    if (this.now() < Math.min(context.notAfter, context.deadline) && !context.signal.aborted) return;
    const text =
      'the time for this change was over before it was sent; nothing was changed. It is ordered anew if it is still needed';
    throw this.error('Timeout', 'none', text);
  }

  /** `false`: in clear. With a `caFile` no other authority counts. */
  tls(): false | ConnectionOptions {
    if (this.settings.tls === 'off') return false;
    const ca = this.#caPem();
    return {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(ca !== null && { ca }),
      ...(this.settings.tls === 'verify-ca' && { checkServerIdentity: () => undefined }),
    };
  }

  #caPem(): string | null {
    const { caFile } = this.settings;
    if (caFile === undefined) return null;
    try {
      return readFileSync(resolve(this.#baseDirectory, caFile), 'utf8');
    } catch {
      const text = `the file ${caFile} (caFile in relock.yaml) cannot be read; nothing was sent. Put the PEM certificate there`;
      throw this.error('Misconfigured', 'none', text);
    }
  }
}
