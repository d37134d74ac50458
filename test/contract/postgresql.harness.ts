import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { onTestFinished } from 'vitest';
import type { Login } from '../../src/contracts/targetDriver.js';
import { generatePasswordSecret } from '../../src/secret/generate.js';
import { Secret } from '../../src/secret/secret.js';
import { PostgresqlPasswordDriver } from '../../src/targets/postgresql/passwordDriver.js';
import { postgresqlSettings, secretPolicyOf } from '../../src/targets/postgresql/settings.js';
import type { Postgres } from '../harness/postgres.js';
import type { OpenSession } from './targetDriver.harness.js';

const defaults = postgresqlSettings.parse({ address: '127.0.0.1:1' });

export function settingsOf(postgres: Postgres, changes: object = {}) {
  return postgresqlSettings.parse({ address: postgres.address, caFile: postgres.caFile, ...changes });
}

export function driverFor(postgres: Postgres, changes: object = {}): PostgresqlPasswordDriver {
  const target = { id: 'db-01', settings: settingsOf(postgres, changes) };
  return new PostgresqlPasswordDriver(target, { now: Date.now, baseDirectory: '.', environment: {} });
}

export const newPassword = () => generatePasswordSecret([secretPolicyOf(defaults)]);

export function loginAs(account: string, secret: Secret, as: Login['as'] = 'management'): Login {
  return { as, account, secret };
}

export function superuserLogin({ superuser }: Postgres): Login {
  return loginAs(superuser.name, Secret.of({ password: superuser.password }));
}

/** A role with a password, made by hand; an older one of that name is dropped. */
export async function makeRole(postgres: Postgres, name: string, options = 'LOGIN'): Promise<Secret> {
  const secret = newPassword();
  const role = escapeIdentifier(name);
  await postgres.run(`drop role if exists ${role}`);
  await postgres.run(`create role ${role} ${options} password ${escapeLiteral(secret.reveal('password'))}`);
  return secret;
}

/** As deploy/policies/postgresql.sql makes it. */
export async function makeManager(postgres: Postgres, name = 'relock_manager'): Promise<Login> {
  const secret = await makeRole(postgres, name, 'LOGIN CREATEROLE');
  await postgres.run(`grant pg_signal_backend, pg_read_all_stats to ${name}`);
  await postgres.run(`grant select (rolname, rolpassword) on pg_authid to ${name}`);
  return loginAs(name, secret);
}

/** A login by psql, over TLS that the server's certificate proves. */
export function psqlLogin(postgres: Postgres, account: string, secret: Secret): Promise<'in' | 'refused' | 'unknown'> {
  const env = { PGPASSWORD: secret.reveal('password'), PGSSLMODE: 'verify-full', PGSSLROOTCERT: postgres.caFile };
  const where = ['-h', '127.0.0.1', '-p', `${postgres.port}`, '-U', account, '-d', 'postgres'];
  return new Promise((resolve) => {
    execFile(join(postgres.programs, 'psql'), ['-X', '-w', ...where, '-c', 'select 1'], { env }, (error, _, stderr) => {
      if (error === null) resolve('in');
      else resolve(/password authentication failed|not permitted to log in/.test(stderr) ? 'refused' : 'unknown');
    });
  });
}

export async function openPgSession(postgres: Postgres, account: string, secret: Secret): Promise<OpenSession> {
  const client = new Client({
    host: '127.0.0.1',
    port: postgres.port,
    user: account,
    password: secret.reveal('password'),
    database: 'postgres',
    ssl: false,
  });
  client.on('error', () => undefined);
  await client.connect();
  return {
    alive: () =>
      client.query('select 1').then(
        () => true,
        () => false,
      ),
    close: () => client.end().catch(() => undefined),
  };
}

/** Somebody who changes the role, and does not finish; until `release`, or the end of the test. */
export async function lockRole(postgres: Postgres, account: string): Promise<{ release(): Promise<void> }> {
  const { name: user, password } = postgres.superuser;
  const holder = new Client({
    host: '127.0.0.1',
    port: postgres.port,
    database: 'postgres',
    ssl: false,
    user,
    password,
  });
  holder.on('error', () => undefined);
  onTestFinished(() => holder.end().catch(() => undefined));
  await holder.connect();
  await holder.query('begin');
  await holder.query(`alter role ${escapeIdentifier(account)} connection limit 7`);
  return {
    release: async () => {
      await holder.query('commit');
      await holder.end();
    },
  };
}
