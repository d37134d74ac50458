import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../src/servers/findServer.js';
import { freePort } from '../../src/servers/freePort.js';
import { spawnServer } from '../../src/servers/spawnServer.js';
import { untilReady } from '../../src/servers/untilReady.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { endAtOnce, ownerOf, type Postgres } from './postgres.js';
import { say } from './say.js';

export interface PgBouncer {
  /** `127.0.0.1:port`, without TLS. */
  readonly address: string;
  stop(): Promise<void>;
}

export interface PgBouncerOptions {
  /** What it lets in, by a list of its own. */
  readonly users: Readonly<Record<string, string>>;
  readonly mode: 'session' | 'transaction' | 'statement';
  /** Parameters of a login that it drops, as most drivers need it. */
  readonly ignored?: string;
}

/** A real PgBouncer in front of that server. */
export async function startPgBouncer(postgres: Postgres, options: PgBouncerOptions): Promise<PgBouncer> {
  const program = await realpath(await findProgram('pgbouncer', say));
  const folder = await mkdtemp(join(tmpdir(), 'relock-pgbouncer-'));
  const owner = await ownerOf(folder);
  const port = await freePort();
  const list = Object.entries(options.users).map(([name, password]) => `"${name}" "${password}"\n`);
  await writeFile(join(folder, 'users'), list.join(''));
  const { mode, ignored } = options;
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `
[databases]
* = host=127.0.0.1 port=${postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users')}
pool_mode = ${mode}
${ignored === undefined ? '' : `ignore_startup_parameters = ${ignored}`}
`,
  );
  const logFile = join(folder, 'log');
  const server = await spawnServer({ ...owner.command([program, join(folder, 'pgbouncer.ini')]), logFile });
  const what = `PgBouncer at 127.0.0.1:${port}`;
  await untilReady(
    { what, server, logFile },
    waitUntil(() => isListening(port), { what, timeoutMs: 15_000 }),
  );
  return {
    address: `127.0.0.1:${port}`,
    stop: async () => {
      await endAtOnce(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isListening(port: number): Promise<true> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', reject);
  });
}
