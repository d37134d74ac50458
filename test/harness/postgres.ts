import { execFile } from 'node:child_process';
import { chmod, chown, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { findProgram } from '../../src/servers/findServer.js';
import { freePort } from '../../src/servers/freePort.js';
import { runTool } from '../../src/servers/runTool.js';
import { programOnPath } from '../../src/servers/sources.js';
import { type ServerProcess, spawnServer } from '../../src/servers/spawnServer.js';
import { untilReady } from '../../src/servers/untilReady.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { say } from './say.js';

const execFileAsync = promisify(execFile);

export interface Postgres {
  /** `127.0.0.1:port`; with TLS for whoever asks for it. */
  readonly address: string;
  readonly port: number;
  /** The cluster's folder. */
  readonly data: string;
  /** Folder of psql and its kin. */
  readonly programs: string;
  /** PEM of the authority that signed the server's certificate, which is for 127.0.0.1. */
  readonly caFile: string;
  readonly superuser: { readonly name: string; readonly password: string };
  /** Of the server that runs now. */
  pid(): number;
  /** Everything that the server wrote: with `log_statement=all`, every statement. */
  log(): Promise<string>;
  /** Statements as the superuser, with none of relock's code. */
  run(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Rows of pg_hba.conf before the usual ones, in force when it returns. */
  accessRules(lines: readonly string[]): Promise<void>;
  /** `ALTER SYSTEM SET`; null takes it back. In force when it returns, unless it needs a restart. */
  configure(settings: Readonly<Record<string, string | null>>): Promise<void>;
  stopProcess(): Promise<void>;
  startProcess(): Promise<void>;
  /** Starts it, and waits for nothing: a cluster that has something to do first lets nobody in. */
  beginProcess(): Promise<void>;
  stop(): Promise<void>;
}

const superuser = { name: 'postgres', password: 'Sup3r-of-the-tests' };
const usualRules = ['host all all 127.0.0.1/32 scram-sha-256'];

/** A real PostgreSQL server with an empty cluster of its own, as a user of its own when this is root. It dies with this process. */
export async function startPostgres({ diskMegabytes }: { readonly diskMegabytes?: number } = {}): Promise<Postgres> {
  const command = await realpath(await findProgram('postgresql', say));
  const folder = await mkdtemp(join(tmpdir(), 'relock-postgres-'));
  const data = join(folder, 'data');
  const port = await freePort();
  const owner = await ownerOf(folder);
  await writeFile(join(folder, 'password'), superuser.password, { mode: 0o644 });
  const initdb = ['-D', data, '-U', superuser.name, '-A', 'scram-sha-256', '-N', '-E', 'UTF8', '--locale=C.UTF-8'];
  const asOwner = owner.command([join(dirname(command), 'initdb'), ...initdb, `--pwfile=${join(folder, 'password')}`]);
  await runTool(asOwner.command, asOwner.args, { timeoutMs: 60_000 });
  await makeCertificates(folder, data, owner);
  await writeFile(join(data, 'postgresql.auto.conf'), configuration(folder, port));
  const rules = (lines: readonly string[]) =>
    writeFile(join(data, 'pg_hba.conf'), `${[...lines, ...usualRules].join('\n')}\n`);
  await rules([]);

  const logFile = join(folder, 'server.log');
  const program = owner.command([command, '-D', data]);
  const ofServer = diskMegabytes === undefined ? program : onDiskOfItsOwn(program, data, diskMegabytes);
  const spawn = () => spawnServer({ ...ofServer, logFile });
  const start = async () => {
    const server = await spawn();
    const what = `PostgreSQL at 127.0.0.1:${port}`;
    const ready = waitUntil(() => runAt(port, 'select 1'), { what, timeoutMs: 30_000, intervalMs: 10 });
    await untilReady({ what, server, logFile }, ready);
    return server;
  };
  let server = await start();
  const run: Postgres['run'] = (sql, values) => runAt(port, sql, values);

  return {
    address: `127.0.0.1:${port}`,
    port,
    data,
    programs: dirname(command),
    caFile: join(folder, 'ca.pem'),
    superuser,
    pid: () => server.pid,
    log: () => readFile(logFile, 'utf8'),
    run,
    accessRules: async (lines) => {
      await rules(lines);
      await reload(run);
    },
    configure: async (settings) => {
      for (const [name, value] of Object.entries(settings))
        await run(value === null ? `alter system reset ${name}` : `alter system set ${name} = '${value}'`);
      await reload(run);
    },
    stopProcess: () => endAtOnce(server),
    startProcess: async () => {
      server = await start();
    },
    beginProcess: async () => {
      server = await spawn();
    },
    stop: async () => {
      await endAtOnce(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What the server sees as its cluster's folder is a copy of it on a small disk, which is gone with the server. Needs root. */
function onDiskOfItsOwn({ command, args }: ReturnType<Owner['command']>, data: string, megabytes: number) {
  const script = `
    mount --make-rprivate / && mkdir "$1.disk" && mount -t tmpfs -o mode=755,size=${megabytes}m disk "$1.disk" &&
    cp -a "$1/." "$1.disk" && chmod --reference="$1" "$1.disk" && chown --reference="$1" "$1.disk" &&
    mount --bind "$1.disk" "$1" && shift && exec "$@"`;
  return { command: 'unshare', args: ['--mount', 'sh', '-c', script, 'disk', data, command, ...args] };
}

/** Immediate shutdown: sessions are cut off as by a crash, and no process of the cluster is left behind. */
export async function endAtOnce(server: ServerProcess): Promise<void> {
  if (!server.hasEnded()) process.kill(server.pid, 'SIGQUIT');
  await server.ended;
}

export interface Owner {
  give(path: string): Promise<void>;
  command(argv: readonly [string, ...string[]]): { readonly command: string; readonly args: readonly string[] };
}

/** PostgreSQL refuses to run as root: the package's own user does it then. */
export async function ownerOf(folder: string): Promise<Owner> {
  if (process.getuid?.() !== 0) {
    return { give: async () => undefined, command: ([command, ...args]) => ({ command, args }) };
  }
  const setpriv = await programOnPath('setpriv');
  const id = async (option: string) => Number((await runTool('id', [option, 'postgres'], { timeoutMs: 5_000 })).trim());
  const [uid, gid] = [await id('-u'), await id('-g')];
  const give = (path: string) => chown(path, uid, gid);
  await give(folder);
  // The signal of the parent's death is forgotten when a process changes its user: asked for after that.
  const become = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--pdeathsig', 'KILL', '--'];
  return { give, command: (argv) => ({ command: setpriv, args: [...become, ...argv] }) };
}

function configuration(folder: string, port: number): string {
  return `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = '${folder}'
fsync = off
shared_buffers = 16MB
max_connections = 40
max_wal_senders = 0
wal_level = minimal
log_statement = all
log_connections = on
ssl = on
`;
}

/** An authority, and a certificate of it for 127.0.0.1. */
async function makeCertificates(folder: string, data: string, owner: Owner): Promise<void> {
  const openssl = (...args: readonly string[]) => execFileAsync('openssl', [...args], { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await openssl('req', '-x509', ...key, '-subj', '/CN=relock tests', '-keyout', 'ca.key', '-out', 'ca.pem');
  await openssl('req', ...key.slice(0, -2), '-subj', '/CN=127.0.0.1', '-keyout', 'server.key', '-out', 'server.csr');
  await writeFile(join(folder, 'san'), 'subjectAltName=IP:127.0.0.1\n');
  const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'san'];
  await openssl('x509', '-req', '-in', 'server.csr', ...sign, '-out', 'server.crt');
  for (const name of ['server.key', 'server.crt']) {
    const path = join(data, name);
    await writeFile(path, await readFile(join(folder, name)));
    await chmod(path, 0o600);
    await owner.give(path);
  }
}

/** Statements as the superuser, at whichever server of the cluster. */
export async function runAt(port: number, sql: string, values: readonly unknown[] = []) {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: superuser.name,
    password: superuser.password,
    database: 'postgres',
    ssl: false,
    application_name: 'tests',
    // Whatever a test sets for everybody.
    options: '-c default_transaction_read_only=off',
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows }: { rows: readonly Readonly<Record<string, unknown>>[] } = await client.query(sql, [...values]);
    return rows;
  } finally {
    await client.end();
  }
}

/** The rules are in force when the postmaster has read them: it says so by the time of loading. */
async function reload(run: Postgres['run']): Promise<void> {
  const loaded = async () => String((await run('select extract(epoch from pg_conf_load_time()) as at'))[0]?.at);
  const before = await loaded();
  await run('select pg_reload_conf()');
  await waitUntil(async () => ((await loaded()) === before ? undefined : true), {
    what: 'the reload of pg_hba.conf',
    timeoutMs: 10_000,
  });
}
