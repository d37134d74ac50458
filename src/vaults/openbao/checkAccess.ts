import { z } from 'zod';
import type { CallContext } from '../../contracts/context.js';
import type { VaultFinding } from '../../contracts/vaultBackend.js';
import type { VaultApiSession } from '../../transport/vaultApi/call.js';
import type { Mount } from './mount.js';
import { readAnswer } from './readAnswer.js';

interface Need {
  readonly path: string;
  readonly apiPath: string;
  readonly rights: readonly string[];
}

/** Other keys are there as well, with other types. */
const answer = z.object({ data: z.record(z.string(), z.unknown()) });
const rightsOf = z.array(z.string());
/** Paths asked about in one request. */
const pathsAtOnce = 200;

/** Asks the server what relock's login may do with each path, and with relock's own document about it. */
export async function checkAccess(
  session: VaultApiSession,
  mount: Mount,
  paths: readonly string[],
  context: CallContext,
): Promise<readonly VaultFinding[]> {
  const needs = paths.flatMap((path) => needsOf(mount, path));
  const findings: VaultFinding[] = [];
  for (let start = 0; start < needs.length; start += pathsAtOnce) {
    const some = needs.slice(start, start + pathsAtOnce);
    const granted = await rights(session, some, context);
    for (const need of some) findings.push(...finding(need, granted(need.apiPath)));
  }
  return findings;
}

function needsOf(mount: Mount, path: string): readonly Need[] {
  return [
    { path, apiPath: mount.data('readers', path).join('/'), rights: ['read', 'create', 'update'] },
    { path, apiPath: mount.data('relock', path).join('/'), rights: ['read', 'create', 'update'] },
    { path, apiPath: mount.metadata('relock', path).join('/'), rights: ['create', 'update'] },
  ];
}

async function rights(
  session: VaultApiSession,
  needs: readonly Need[],
  context: CallContext,
): Promise<(apiPath: string) => readonly string[]> {
  const subject = "the rights of relock's login";
  const { body } = await session.request(
    {
      method: 'POST',
      path: ['sys', 'capabilities-self'],
      body: { paths: needs.map((need) => need.apiPath) },
      effectFree: true,
      subject,
    },
    context,
  );
  const { data } = readAnswer(answer, body, { driver: session.driver, subject });
  return (apiPath) => readAnswer(rightsOf, data[apiPath] ?? [], { driver: session.driver, subject });
}

function finding(need: Need, granted: readonly string[]): readonly VaultFinding[] {
  const missing = granted.includes('root') ? [] : need.rights.filter((right) => !granted.includes(right));
  if (missing.length === 0) return [];
  const message =
    `relock's login lacks ${missing.join(', ')} on ${need.apiPath}; this path would not be rotated. ` +
    `Add to its policy: path "${need.apiPath}" { capabilities = [${need.rights.map((right) => `"${right}"`).join(', ')}] }`;
  return [{ path: need.path, severity: 'error', message }];
}
