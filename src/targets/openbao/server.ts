import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CallContext, EffectContext } from '../../contracts/context.js';
import type { DriverEnvironment } from '../../contracts/registration.js';
import type { Login } from '../../contracts/targetDriver.js';
import { DriverError, type Effect, type ErrorCode } from '../../model/errors.js';
import type { Secret } from '../../secret/secret.js';
import type { VaultApi, VaultApiAnswer, VaultApiCall } from '../../transport/vaultApi/call.js';
import { createVaultApi } from '../../transport/vaultApi/client.js';
import { logInWithAppRole } from '../../transport/vaultApi/login.js';
import type { OpenbaoTargetSettings } from './settings.js';

export const driver = 'openbao';

/** A call without the subject, which is the same for all calls about one account. */
export type Request = Omit<VaultApiCall, 'subject'>;

/** Sends with the management login. `effect` is given with calls that change something: their time is checked right before. */
export interface Management {
  send(request: Request, effect?: EffectContext): Promise<VaultApiAnswer>;
}

/** One OpenBao or Vault server as a target, and who speaks to it. */
export class Server {
  readonly settings: OpenbaoTargetSettings;
  readonly #id: string;
  readonly #environment: DriverEnvironment;
  #api: VaultApi | null = null;

  constructor(
    target: { readonly id: string; readonly settings: OpenbaoTargetSettings },
    environment: DriverEnvironment,
  ) {
    this.settings = target.settings;
    this.#id = target.id;
    this.#environment = environment;
  }

  get mountPath(): readonly string[] {
    return ['auth', ...this.settings.mount.split('/')];
  }

  error(code: ErrorCode, effect: Effect, text: string): DriverError {
    return new DriverError({ code, effect, driver, subject: this.#id, message: `${this.#id}: ${text}` });
  }

  /** Sends with that token, or with none. */
  send(request: Request, token: Secret | null, context: CallContext): Promise<VaultApiAnswer> {
    return this.#client().send({ ...request, subject: this.#id }, token, context);
  }

  /** Throws `Timeout` with effect `none` when it is too late to change anything. */
  requireTime(effect: EffectContext): void {
    if (this.#environment.now() < effect.notAfter) return;
    const text =
      'the time for this change was over before it was sent; nothing was changed. It is ordered anew if it is still needed';
    throw this.error('Timeout', 'none', text);
  }

  /** A login that was made for this call is ended with it, so that no tokens pile up. */
  async withManagement<T>(via: Login, context: CallContext, use: (management: Management) => Promise<T>): Promise<T> {
    const own = via.secret.has('token') ? via.secret : null;
    const token = own ?? (await this.#logIn(via, context));
    const send = (request: Request, effect?: EffectContext) => {
      if (effect !== undefined) this.requireTime(effect);
      return this.send(request, token, context);
    };
    try {
      return await use({ send });
    } finally {
      if (own === null) await this.endToken(token, context);
    }
  }

  /** Revokes a token of ours with itself. One that cannot be revoked ends by its own time to live. */
  async endToken(token: Secret, context: CallContext): Promise<void> {
    const path = ['auth', 'token', 'revoke-self'];
    await this.send({ method: 'POST', path, expected: [400, 403] }, token, context).catch(() => undefined);
  }

  async #logIn(via: Login, context: CallContext): Promise<Secret> {
    if (!via.secret.has('role_id') || !via.secret.has('secret_id')) {
      const text =
        'the management secret in the vault has neither `token` nor `role_id` and `secret_id`; nothing was sent. Store one of them there';
      throw this.error('Misconfigured', 'none', text);
    }
    const login = { mount: this.settings.managementMount, credentials: via.secret, subject: this.#id };
    return (await logInWithAppRole(this.#client(), login, this.#environment.now, context)).token;
  }

  #client(): VaultApi {
    this.#api ??= createVaultApi({
      driver,
      address: this.settings.address,
      namespace: this.settings.namespace,
      caPem: this.#caPem(),
    });
    return this.#api;
  }

  #caPem(): string | null {
    const { caFile } = this.settings;
    if (caFile === undefined) return null;
    try {
      return readFileSync(resolve(this.#environment.baseDirectory, caFile), 'utf8');
    } catch {
      const text = `the file ${caFile} (caFile in relock.yaml) cannot be read; nothing was sent. Put the PEM certificate there`;
      throw this.error('Misconfigured', 'none', text);
    }
  }
}
