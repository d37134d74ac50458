import { z } from 'zod';
import type { ProbeAnswer } from '../../model/probe.js';
import { Secret } from '../../secret/secret.js';
import { mentions } from '../../transport/vaultApi/answers.js';
import type { VaultApiAnswer } from '../../transport/vaultApi/call.js';

/** OpenBao and Vault ≥ 1.15 say the first; older ones said which half was wrong. */
const refusals = ['invalid role or secret ID', 'invalid secret id', 'invalid role ID'];

const loginAnswer = z.object({ auth: z.object({ client_token: z.string().min(1), token_type: z.string() }) });

/** What the server's answer to an AppRole login says of the secret. */
export function probeAnswerOf({ status, body }: VaultApiAnswer): ProbeAnswer {
  if (status === 200) return 'accepted';
  if (status === 400 && refusals.some((text) => mentions(body, text))) return 'rejected';
  // Too many refused logins lock the role out: 403 then, also for the right secret.
  if (status === 403) return 'barred';
  return mentions(body, 'CIDR restrictions') ? 'barred' : 'unknown';
}

/** The token that a login left behind; null where none can be revoked. */
export function tokenOf(body: unknown): Secret | null {
  const parsed = loginAnswer.safeParse(body);
  if (!parsed.success || parsed.data.auth.token_type === 'batch') return null;
  return Secret.of({ token: parsed.data.auth.client_token });
}
