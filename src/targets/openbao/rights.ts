import { z } from 'zod';
import type { TargetFinding } from '../../contracts/targetDriver.js';
import type { Management, Server } from './server.js';

interface Need {
  readonly path: string;
  readonly rights: readonly string[];
}

const grantedAnswer = z.object({ data: z.record(z.string(), z.unknown()) });
const rightsOf = z.array(z.string());

/** What a rotation of that role asks of the management login. */
function needsOf(server: Server, role: string): readonly Need[] {
  const base = [...server.mountPath, 'role', role].join('/');
  return [
    { path: base, rights: ['read'] },
    { path: `${base}/role-id`, rights: ['read'] },
    { path: `${base}/secret-id`, rights: ['list', 'update'] },
    { path: `${base}/secret-id/lookup`, rights: ['update'] },
    { path: `${base}/secret-id-accessor/lookup`, rights: ['update'] },
    { path: `${base}/secret-id-accessor/destroy`, rights: ['update'] },
    { path: 'auth/token/accessors/', rights: ['list', 'sudo'] },
    { path: 'auth/token/lookup-accessor', rights: ['update'] },
    { path: 'auth/token/revoke-accessor', rights: ['update'] },
  ];
}

/** Rights that the management login lacks, each as the lines to add to its policy. */
export async function missingRights(
  server: Server,
  management: Management,
  role: string,
): Promise<readonly TargetFinding[]> {
  const needs = needsOf(server, role);
  const path = ['sys', 'capabilities-self'];
  const body = { paths: needs.map((need) => need.path) };
  const answer = await management.send({ method: 'POST', path, body, effectFree: true });
  const granted = grantedAnswer.safeParse(answer.body).data?.data ?? {};
  const lines = needs.flatMap((need) => lineOf(need, rightsOf.safeParse(granted[need.path]).data ?? []));
  if (lines.length === 0) return [];
  const message = `the management login lacks rights that rotating role ${role} needs; nothing would be changed. Add to its policy: ${lines.join(' ')}`;
  return [{ severity: 'error', message }];
}

function lineOf({ path, rights }: Need, granted: readonly string[]): readonly string[] {
  if (granted.includes('root') || rights.every((right) => granted.includes(right))) return [];
  return [`path "${path}" { capabilities = [${rights.map((right) => `"${right}"`).join(', ')}] }`];
}
