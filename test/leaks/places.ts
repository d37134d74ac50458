import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import type { Place } from './leakScan.js';

/** Every file below a folder, its name included. `expected`: files that may hold secrets, by their path below it. */
export function* filesBelow(folder: string, name: string, expected: readonly string[] = []): Generator<Place> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const below = path.slice(folder.length + 1);
    if (expected.includes(below)) continue;
    yield { name: `the name of ${name}: ${below}`, content: below };
    if (entry.isFile()) yield { name: `${name}: ${below}`, content: readFileSync(path) };
  }
}

/** Every workflow's history, as whoever has this client's keys can read it: names, failures and payloads. */
export async function historiesOf(client: Client): Promise<readonly Place[]> {
  const places: Place[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const opened = await openPayloads(history, client);
    places.push({ name: `the history of ${workflowId}`, content: Buffer.concat(bytesIn(opened)) });
  }
  return places;
}

/** The same with every payload decrypted, also within failures and summaries. */
async function openPayloads(value: unknown, client: Client): Promise<unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (isPayload(value)) return [value.metadata, ...(await decoded(value, client))];
  const entries = Object.entries(value).map(async ([key, inner]) => [key, await openPayloads(inner, client)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function decoded(payload: Payload, { options }: Client): Promise<readonly unknown[]> {
  let payloads = [payload];
  for (const codec of options.loadedDataConverter.payloadCodecs) payloads = await codec.decode(payloads);
  return payloads.map(({ data }) => data);
}

function isPayload(value: object): value is Payload {
  return 'metadata' in value && 'data' in value && value.data instanceof Uint8Array;
}

function bytesIn(value: unknown): readonly Uint8Array[] {
  if (typeof value === 'string') return [Buffer.from(`${value}\n`)];
  if (value instanceof Uint8Array) return [value, Buffer.from('\n')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [Buffer.from(`${key}\n`), ...bytesIn(inner)]);
}
