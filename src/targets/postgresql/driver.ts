import type { TargetType } from '../../contracts/registration.js';
import { PostgresqlPasswordDriver, passwordCapabilities } from './passwordDriver.js';
import { accountProblem, postgresqlSettings } from './settings.js';

/** Roles of a PostgreSQL server and their passwords. */
export const targetType: TargetType<typeof postgresqlSettings> = {
  type: 'postgresql',
  settings: postgresqlSettings,
  example: { address: 'db-01.example:5432', database: 'billing', caFile: './billing-ca.pem' },
  kinds: {
    password: {
      capabilities: passwordCapabilities,
      accountProblem,
      create: (target, environment) => new PostgresqlPasswordDriver(target, environment),
    },
  },
  host: (settings) => settings.address,
};
