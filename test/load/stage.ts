import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { connectClient, temporalAt } from '../../src/client.js';
import { encryptingConverter } from '../../src/codec/dataConverter.js';
import { makeKeyFile, readKeyFile } from '../../src/codec/keyFile.js';
import type { EstateLine } from './estateLine.js';
import { type LoadSpec, places, writeSpec } from './loadSpec.js';
import type { Mortal } from './mortal.js';
import { openerOf, startEstate, temporalOf, workerOf, writeBundle } from './servers.js';

/** All that takes part in a run. */
export interface Stage {
  readonly folder: string;
  readonly temporal: Mortal;
  readonly worker: Mortal;
  /** Who opened the incident and watches it. Not started yet. */
  readonly opener: Mortal;
  readonly estate: EstateLine;
  readonly client: Client;
  /** Ends everything. `keep`: what they left in the folder stays. */
  stop(keep: boolean): Promise<void>;
}

export async function buildStage(about: Pick<LoadSpec, 'credentials' | 'seed' | 'faultPercent'>): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'relock-load-'));
  const { address, temporal } = await temporalOf(folder);
  writeSpec({ ...about, folder, temporal: address });
  makeKeyFile(places.keys(folder), Date.now());
  const ring = readKeyFile(places.keys(folder));
  if (ring === 'missing') throw new Error(`the key ring in ${folder} was not made`);
  const [estate] = await Promise.all([startEstate(folder), temporal.start(), writeBundle(folder)]);
  const [worker, opener] = [workerOf(folder), openerOf(folder)];
  const { client, close } = await connectClient(temporalAt(address), encryptingConverter(ring));
  await worker.start();
  const stop = async (keep: boolean) => {
    await close();
    await Promise.all([opener.stop(), worker.stop(), temporal.stop(), estate.stop()]);
    if (!keep) rmSync(folder, { recursive: true, force: true });
  };
  return { folder, temporal, worker, opener, estate: estate.line, client, stop };
}
