import { type Postgres, startPostgres } from '../test/harness/postgres.js';
import { newPassword } from './fleet.js';
import type { Grounds } from './lanes/relock.js';

/** Roles of one real PostgreSQL. */
export interface Databases extends Grounds {
  readonly postgres: Postgres;
  readonly roles: readonly string[];
  stop(): Promise<void>;
}

export async function startDatabases(count: number): Promise<Databases> {
  const postgres = await startPostgres();
  const roles = Array.from({ length: count }, (_, index) => `svc_${index + 1}`);
  await postgres.run(roles.map((role) => `create role ${role} login;`).join('\n'));
  return {
    postgres,
    roles,
    names: roles,
    management: postgres.superuser.password,
    yaml: yamlOf(postgres, roles),
    processes: { postgres: [postgres.pid()] },
    reset: async () => {
      const passwords = new Map(roles.map((role) => [role, newPassword()]));
      await postgres.run([...passwords].map(([role, value]) => `alter role ${role} password '${value}';`).join('\n'));
      return passwords;
    },
    stop: () => postgres.stop(),
  };
}

function yamlOf({ address, caFile, superuser }: Postgres, roles: readonly string[]): readonly string[] {
  const management = `management: { account: ${superuser.name}, secret: "primary:mgmt" }`;
  return [
    'targets:',
    `  billing: { type: postgresql, address: "${address}", caFile: "${caFile}", ${management} }`,
    'credentials:',
    ...roles.map(
      (role) =>
        `  - { id: bench/${role}, vendor: bench, kind: password, account: ${role}, targets: [billing], copies: ["primary:bench/${role}"] }`,
    ),
  ];
}
