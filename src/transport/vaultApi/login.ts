import { z } from 'zod';
import type { CallContext } from '../../contracts/context.js';
import { DriverError } from '../../model/errors.js';
import type { Instant } from '../../model/time.js';
import { Secret } from '../../secret/secret.js';
import type { VaultApi } from './call.js';

export interface VaultLogin {
  /** One field, `token`. */
  readonly token: Secret;
  /** Public handle of the token: enough to look it up or revoke it. */
  readonly accessor: string;
  /** By the clock given; null: it does not expire. */
  readonly expiresAt: Instant | null;
}

const loginAnswer = z.object({
  auth: z.object({ client_token: z.string().min(1), accessor: z.string(), lease_duration: z.number() }),
});

/** Logs in with fields `role_id` and `secret_id`. A refused login throws `Unauthorized`. */
export async function logInWithAppRole(
  api: VaultApi,
  login: { readonly mount: string; readonly credentials: Secret; readonly subject: string },
  now: () => Instant,
  context: CallContext,
): Promise<VaultLogin> {
  const startedAt = now();
  const answer = await api.send(
    {
      method: 'POST',
      path: ['auth', ...login.mount.split('/'), 'login'],
      body: { role_id: login.credentials.reveal('role_id'), secret_id: login.credentials.reveal('secret_id') },
      effectFree: true,
      expected: [400, 403],
      subject: login.subject,
    },
    null,
    context,
  );
  const parsed = loginAnswer.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) throw refused(api.driver, login);
  const { client_token, accessor, lease_duration } = parsed.data.auth;
  const expiresAt = lease_duration === 0 ? null : startedAt + lease_duration * 1000;
  return { token: Secret.of({ token: client_token }), accessor, expiresAt };
}

function refused(driver: string, login: { readonly mount: string; readonly subject: string }): DriverError {
  return new DriverError({
    code: 'Unauthorized',
    effect: 'none',
    driver,
    subject: login.subject,
    message:
      `${login.subject}: the vault refused the AppRole login at auth/${login.mount}; nothing was changed. ` +
      'Check role id and secret id: the secret id may have expired, been used up, or be bound to another address',
  });
}
