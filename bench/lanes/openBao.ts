import pLimit from 'p-limit';
import type { OpenBao } from '../../test/harness/openBao.js';
import type { Databases } from '../databases.js';
import { cpuSeconds } from '../measure/cpu.js';
import type { Lane } from '../measure/lane.js';

/** OpenBao's own database engine, `rotate-role`: it sets the new password and keeps it. Nobody logs in with either. */
export async function openBaoDatabase(bao: OpenBao, databases: Databases, inFlight: number): Promise<Lane> {
  await configure(bao, databases);
  const look = () => cpuSeconds([process.pid]);
  const postgres = () => cpuSeconds([databases.postgres.pid()]);
  const before = { all: look(), postgres: postgres() };
  const limit = pLimit(inFlight);
  const startedAt = performance.now();
  await Promise.all(
    databases.roles.map((role) => limit(() => bao.request('POST', `database/rotate-role/${role}`, {}))),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const inPostgres = postgres() - before.postgres;
  const cpu = { 'OpenBao and client': look() - before.all - inPostgres, postgres: inPostgres };
  const credentials = databases.roles.length;
  return { name: 'OpenBao database engine', credentials, seconds, refusedAfter: [], deadFor: null, cpu };
}

async function configure(bao: OpenBao, { postgres, roles }: Databases): Promise<void> {
  const { name, password } = postgres.superuser;
  await bao.request('POST', 'sys/mounts/database', { type: 'database' });
  await bao.request('POST', 'database/config/billing', {
    plugin_name: 'postgresql-database-plugin',
    allowed_roles: '*',
    connection_url: `postgresql://{{username}}:{{password}}@${postgres.address}/postgres?sslmode=disable`,
    username: name,
    password,
    password_authentication: 'scram-sha-256',
  });
  for (const role of roles)
    await bao.request('POST', `database/static-roles/${role}`, {
      db_name: 'billing',
      username: role,
      rotation_period: '24h',
    });
}
