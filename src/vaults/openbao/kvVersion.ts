import { z } from 'zod';
import type { CallContext } from '../../contracts/context.js';
import { DriverError } from '../../model/errors.js';
import type { VaultApiSession } from '../../transport/vaultApi/call.js';
import type { Mount } from './mount.js';

const mountAnswer = z.object({
  data: z.object({ type: z.string(), options: z.object({ version: z.string() }).partial().nullable() }),
});

/**
 * Throws `Misconfigured` unless the mount is KV version 2. A mistyped mount must not look like an empty vault, and on
 * version 1 a write would land somewhere else, with no check-and-set.
 */
export async function requireKv2(session: VaultApiSession, mount: Mount, context: CallContext): Promise<void> {
  const subject = `mount ${mount.name}`;
  const path = ['sys', 'internal', 'ui', 'mounts', ...mount.name.split('/')];
  const { status, body } = await session.request({ method: 'GET', path, expected: [400, 403, 404], subject }, context);
  const parsed = mountAnswer.safeParse(body);
  if (status === 200 && parsed.success && parsed.data.data.type === 'kv' && parsed.data.data.options?.version === '2') {
    return;
  }
  const message =
    status === 200
      ? `the mount "${mount.name}" is no KV version 2 mount; nothing was changed. Upgrade it (\`bao kv enable-versioning ${mount.name}\`), or name another in relock.yaml`
      : `the mount "${mount.name}" is not there, or relock's login has no right in it; nothing was changed. Correct \`mount\` in relock.yaml, or the login's policy`;
  const code = status === 403 ? 'Unauthorized' : 'Misconfigured';
  throw new DriverError({ code, effect: 'none', driver: session.driver, subject, message });
}
