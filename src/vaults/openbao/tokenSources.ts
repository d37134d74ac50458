import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CallContext } from '../../contracts/context.js';
import type { DriverEnvironment } from '../../contracts/registration.js';
import { DriverError } from '../../model/errors.js';
import type { Instant } from '../../model/time.js';
import { Secret } from '../../secret/secret.js';
import type { VaultApi } from '../../transport/vaultApi/call.js';
import { logInWithAppRole, type VaultLogin } from '../../transport/vaultApi/login.js';
import type { TokenSource } from '../../transport/vaultApi/session.js';
import type { AuthSettings } from './settings.js';

type AppRoleSettings = Extract<AuthSettings, { method: 'approle' }>;

/** A token is replaced before it ends, this long. */
const renewBeforeMs = 10_000;

export function createTokenSource(api: VaultApi, auth: AuthSettings, environment: DriverEnvironment): TokenSource {
  return auth.method === 'token'
    ? tokenFromPlace(placeOf(auth.tokenEnv, auth.tokenFile), api.driver, environment)
    : tokenFromAppRole(api, auth, environment);
}

type Place = { readonly env: string } | { readonly file: string };

function placeOf(env: string | undefined, file: string | undefined): Place {
  return env === undefined ? { file: file ?? '' } : { env };
}

/** The place is read each time: whoever keeps the token fresh there is heard without a restart. */
function tokenFromPlace(place: Place, driver: string, environment: DriverEnvironment): TokenSource {
  const token = async () => Secret.of({ token: await readPlace(place, driver, environment) });
  return {
    token,
    replace: async (refused) => {
      const now = await token();
      return now.equals(refused, ['token']) ? null : now;
    },
  };
}

/** Logs in on first use, and again shortly before the token ends; callers at the same time share one login. */
function tokenFromAppRole(api: VaultApi, auth: AppRoleSettings, environment: DriverEnvironment): TokenSource {
  let current: Promise<VaultLogin> | null = null;

  async function logIn(context: CallContext): Promise<VaultLogin> {
    const roleId = await readPlace(placeOf(auth.roleIdEnv, auth.roleIdFile), api.driver, environment);
    const secretId = await readPlace(placeOf(auth.secretIdEnv, auth.secretIdFile), api.driver, environment);
    const credentials = Secret.of({ role_id: roleId, secret_id: secretId });
    const login = { mount: auth.mount, credentials, subject: "relock's own login" };
    return logInWithAppRole(api, login, environment.now, context);
  }

  function start(context: CallContext): Promise<VaultLogin> {
    const started = logIn(context);
    current = started;
    started.catch(() => {
      if (current === started) current = null;
    });
    return started;
  }

  /** The current login, or the one that follows it: whoever comes second joins the first one's. */
  async function unless(bad: (login: VaultLogin) => boolean, context: CallContext): Promise<Secret> {
    const seen = current ?? start(context);
    const login = await seen;
    if (!bad(login)) return login.token;
    const next = current === seen || current === null ? start(context) : current;
    return (await next).token;
  }

  return {
    token: (context) => unless((login) => isEnding(login, environment.now()), context),
    replace: (refused, context) => unless((login) => login.token.equals(refused, ['token']), context),
  };
}

function isEnding(login: VaultLogin, now: Instant): boolean {
  return login.expiresAt !== null && login.expiresAt - renewBeforeMs < now;
}

async function readPlace(place: Place, driver: string, environment: DriverEnvironment): Promise<string> {
  if ('env' in place) {
    const value = environment.environment[place.env]?.trim();
    if (!value)
      throw missing(driver, `the environment variable ${place.env}`, 'is not set. Export it before relock starts');
    return value;
  }
  const text = await readFile(resolve(environment.baseDirectory, place.file), 'utf8').catch(() => '');
  if (text.trim() === '')
    throw missing(driver, `the file ${place.file}`, 'cannot be read, or is empty. Put the login there');
  return text.trim();
}

function missing(driver: string, what: string, then: string): DriverError {
  const message = `relock's login to the vault is missing: ${what}, named in relock.yaml, ${then}. Nothing was sent`;
  return new DriverError({ code: 'Misconfigured', effect: 'none', driver, subject: what, message });
}
