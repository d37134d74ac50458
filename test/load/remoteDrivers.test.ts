import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { contentFromJson, contentToJson } from '../../src/ledger/jsonContent.js';
import { MemoryTargetDriver } from '../../src/targets/memory/driver.js';
import type { MemoryDevice } from '../../src/targets/memory/fleet.js';
import { MemoryDocuments } from '../../src/vaults/memory/documents.js';
import { describeTargetDriver } from '../contract/targetDriver.suite.js';
import { describeVaultBackend } from '../contract/vaultBackend.suite.js';
import { harnessOf, variants } from '../targets/memory/memory.harness.js';
import { EstateLine } from './estateLine.js';
import { EstateServer } from './estateServer.js';
import { documentsObject, remoteDocuments, remoteTarget, targetObject } from './remoteDrivers.js';

const documents = new MemoryDocuments();
const objects = new Map<string, object>([[documentsObject, documents]]);
const server = new EstateServer((name) => objects.get(name));
const folder = mkdtempSync(join(tmpdir(), 'relock-load-'));
let line: EstateLine;

beforeAll(async () => {
  await server.listen(join(folder, 'estate.sock'));
  line = await EstateLine.connect(join(folder, 'estate.sock'));
});

afterAll(async () => {
  line.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

describeVaultBackend('in the estate server', () => ({
  store: () => remoteDocuments(line),
  personWrites: async (path, content) => {
    const { revision } = await documents.read('readers', path);
    await documents.write('readers', path, contentFromJson(content), revision);
  },
  readerSees: async (path) => {
    const { content } = await documents.read('readers', path);
    return content === null ? null : contentToJson(content);
  },
}));

describe.each(variants)('in the estate server: $name', ({ name, by, capabilities }) => {
  const driverOf = (device: MemoryDevice) => {
    objects.set(targetObject(device.id), new MemoryTargetDriver(device));
    return remoteTarget(line, device.id, capabilities);
  };
  describeTargetDriver(name, capabilities, () => harnessOf(capabilities, by, driverOf));
});
