import { z } from 'zod';
import type { Probed } from '../../model/probe.js';
import { Secret } from '../../secret/secret.js';
import { mentions } from '../../transport/vaultApi/answers.js';
import type { VaultApiAnswer } from '../../transport/vaultApi/call.js';

/** OpenBao and Vault ≥ 1.15 say the first; older ones said which half was wrong. */
const refusals = ['invalid role or secret ID', 'invalid secret id', 'invalid role ID'];

const loginAnswer = z.object({ auth: z.object({ client_token: z.string().min(1), token_type: z.string() }) });

/** What the server's answer to an AppRole login says of the secret of this role. */
export function probedBy({ status, body }: VaultApiAnswer, role: string): Probed {
  if (status === 200) return { answer: 'accepted' };
  if (status === 400 && refusals.some((text) => mentions(body, text))) return { answer: 'rejected' };
  // Too many refused logins lock the role out: 403 then, also for the right secret; the same where nothing is mounted.
  if (status === 403) return { answer: 'barred', because: `role ${role} ${lockedOut}` };
  if (mentions(body, 'CIDR restrictions')) return { answer: 'barred', because: `role ${role} ${elsewhere}` };
  return { answer: 'unknown' };
}

const lockedOut =
  'gets no login, whatever the secret-id: it is locked for a while after too many refused ones (user_lockout; wait, or unlock it in sys/locked-users, and find out who tries), or `mount` in relock.yaml is wrong';
const elsewhere =
  'may not be used from where this worker is (secret_id_bound_cidrs, token_bound_cidrs). Let a worker in there prove its logins (zone), or add this address';

/** The token that a login left behind; null where none can be revoked. */
export function tokenOf(body: unknown): Secret | null {
  const parsed = loginAnswer.safeParse(body);
  if (!parsed.success || parsed.data.auth.token_type === 'batch') return null;
  return Secret.of({ token: parsed.data.auth.client_token });
}
