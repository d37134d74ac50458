import { join } from 'node:path';
import { pino } from 'pino';
import { type ConnectedClient, connectClient, temporalAt } from '../../client.js';
import { encryptingConverter } from '../../codec/dataConverter.js';
import { makeKeyFile, readKeyFile } from '../../codec/keyFile.js';
import type { KeyRing } from '../../codec/keyRing.js';
import { startUiCodec } from '../../codec/uiCodec.js';
import { workingWith } from '../../codec/workerIdentity.js';
import type { Estate } from '../../config/estate.js';
import { loadEstate } from '../../config/loadEstate.js';
import { writeDemoFolder } from '../../lab/demoFolder.js';
import { type DemoLab, startDemoLab } from '../../lab/demoLab.js';
import { freePort } from '../../servers/freePort.js';
import { startTemporalDev, type TemporalDev } from '../../servers/temporalDev.js';
import { installTemporalLog } from '../../temporalLog.js';
import { connectWorker, createRelockWorker, runWorkers } from '../../worker.js';
import type { CommandContext } from '../command.js';
import { CommandError, ConfigurationError } from '../failures.js';
import type { Cleanup } from './cleanup.js';

/** Everything that the demo plays on. */
export interface Stage {
  readonly lab: DemoLab;
  readonly estate: Estate;
  /** Path of relock.yaml. */
  readonly config: string;
  readonly temporal: ConnectedClient;
  /** URL of the web UI. */
  readonly ui: string;
}

type DemoTemporal = TemporalDev & { readonly uiAddress: string; readonly ring: KeyRing };

const seedMs = 60_000;

/** A Temporal dev server with its UI, in memory, on free ports. */
export async function startTemporal(folder: string, context: CommandContext, cleanup: Cleanup): Promise<DemoTemporal> {
  const [port, uiPort] = [await freePort(), await freePort()];
  const say = (line: string) => context.out.note(`   ${line}`);
  const ring = demoKeys(folder, context.now());
  const codec = await startUiCodec(ring, uiPort, join(folder, 'decode.log'));
  cleanup.defer(() => codec.close());
  try {
    const server = await startTemporalDev({
      port,
      uiPort,
      codecEndpoint: codec.endpoint,
      logFile: join(folder, 'temporal.log'),
      say,
    });
    cleanup.defer(() => server.stop());
    return { ...server, ring, uiAddress: `http://127.0.0.1:${uiPort}` };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    throw new CommandError(
      `the demo needs a Temporal server, and none could be started; nothing else was done. ${why}`,
    );
  }
}

/** Where commands with the demo's relock.yaml look for them too. */
function demoKeys(folder: string, now: number): KeyRing {
  const file = join(folder, '.relock', 'codec.keys');
  makeKeyFile(file, now);
  const ring = readKeyFile(file);
  if (ring === 'missing') throw new CommandError(`the key ring of the demo, ${file}, is gone; nothing else was done`);
  return ring;
}

/** The lab, its relock.yaml with filled vaults, a worker for it and a client. */
export async function setStage(
  folder: string,
  server: DemoTemporal,
  context: CommandContext,
  cleanup: Cleanup,
): Promise<Stage> {
  const lab = await startDemoLab();
  cleanup.defer(() => lab.close());
  const config = await writeDemoFolder(folder, lab, { signal: context.signal, deadline: context.now() + seedMs });
  const loaded = loadEstate(config, { environment: context.environment, now: context.now });
  if ('problems' in loaded) throw new ConfigurationError(loaded.problems);
  await startWorker(loaded.estate, server, folder, cleanup);
  const temporal = await connectClient(temporalAt(server.address), encryptingConverter(server.ring));
  cleanup.defer(() => temporal.close());
  return { lab, estate: loaded.estate, config, temporal, ui: server.uiAddress };
}

/** Its log is a file of the folder: calls that fail, as some must here, would fill the screen. */
async function startWorker(estate: Estate, server: DemoTemporal, folder: string, cleanup: Cleanup): Promise<void> {
  installTemporalLog(pino({ level: 'warn', base: null }, pino.destination(join(folder, 'worker.log'))));
  const place = temporalAt(server.address);
  const connection = await connectWorker(place);
  cleanup.defer(() => connection.close());
  const { namespace } = place;
  const worker = await createRelockWorker(estate, { zone: null, connection, namespace, ...workingWith(server.ring) });
  const stop = new AbortController();
  const ended = runWorkers([worker], stop.signal);
  ended.catch(() => undefined);
  cleanup.defer(async () => {
    stop.abort();
    await ended;
  });
}
