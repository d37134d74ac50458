import { Connection } from '@temporalio/client';
import type { Say } from './catalogue.js';
import { childEnvironment } from './childEnvironment.js';
import { findProgram } from './findServer.js';
import { spawnServer } from './spawnServer.js';
import { untilReady } from './untilReady.js';
import { waitUntil } from './waitUntil.js';

export interface TemporalDevOptions {
  /** gRPC port on 127.0.0.1. */
  readonly port: number;
  /** Web UI port on 127.0.0.1; without it there is no UI. */
  readonly uiPort?: number;
  /** Where the UI has payloads decrypted and encrypted. */
  readonly codecEndpoint?: string;
  /** SQLite file that carries everything over a restart; without it everything is in memory. */
  readonly dataFile?: string;
  readonly logFile: string;
  /** What of itself the server writes there; by default warnings. */
  readonly logLevel?: 'debug';
  /** Custom search attributes of every namespace, such as `{ RelockVendor: 'Keyword' }`. */
  readonly searchAttributes?: Readonly<Record<string, string>>;
  /** Namespaces made at the start besides `default`. */
  readonly namespaces?: readonly string[];
  readonly say: Say;
}

export interface TemporalDev {
  /** `host:port` of the gRPC API. */
  readonly address: string;
  /** URL of the web UI. */
  readonly uiAddress?: string;
  readonly pid: number;
  /** Settles when the server has ended, asked or not; never rejects. */
  readonly ended: Promise<void>;
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

// The first start on a slow disk migrates a database.
const startTimeoutMs = 60_000;

/**
 * Starts the Temporal dev server and returns when it answers: gRPC, the namespaces, and the UI when there is one. It dies
 * with this process. Throws when no server is to be had, or when it ends or stays silent during the start.
 */
export async function startTemporalDev(options: TemporalDevOptions): Promise<TemporalDev> {
  const command = await findProgram('temporal', options.say);
  const env = childEnvironment(process.env);
  const server = await spawnServer({ command, args: commandLine(options), logFile: options.logFile, env });
  const address = `127.0.0.1:${options.port}`;
  const uiAddress = options.uiPort === undefined ? undefined : `http://127.0.0.1:${options.uiPort}`;
  const starting = { what: `the Temporal dev server at ${address}`, server, logFile: options.logFile };
  await untilReady(starting, ready(address, uiAddress, options.namespaces));
  const { pid, ended } = server;
  return { address, ...(uiAddress && { uiAddress }), pid, ended, stop: () => server.stop(), kill: () => server.kill() };
}

function commandLine(options: TemporalDevOptions): string[] {
  const { port, uiPort, codecEndpoint, dataFile, logLevel, searchAttributes = {}, namespaces = [] } = options;
  const pragmas = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'];
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', `${port}`],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', `${uiPort}`]),
    ...(codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', codecEndpoint]),
    ...(dataFile === undefined ? [] : ['--db-filename', dataFile, ...pragmas]),
    ...(logLevel === undefined ? [] : ['--log-level', logLevel]),
    ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...namespaces.flatMap((namespace) => ['--namespace', namespace]),
  ];
}

async function ready(address: string, uiAddress?: string, namespaces: readonly string[] = []): Promise<void> {
  const wait = { what: `the start of the Temporal dev server at ${address}`, timeoutMs: startTimeoutMs };
  const connection = await waitUntil(() => Connection.connect({ address, connectTimeout: '2s' }), wait);
  try {
    for (const namespace of ['default', ...namespaces]) {
      await waitUntil(() => connection.workflowService.listWorkflowExecutions({ namespace, pageSize: 1 }), wait);
    }
  } finally {
    await connection.close();
  }
  if (uiAddress !== undefined) await waitUntil(() => answers(uiAddress), wait);
}

async function answers(url: string): Promise<true | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.ok || undefined;
}
