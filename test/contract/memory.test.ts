import { contentFromJson, contentToJson } from '../../src/ledger/jsonContent.js';
import { MemoryDocuments } from '../../src/vaults/memory/documents.js';
import type { VaultHarness } from './vaultBackend.harness.js';
import { describeVaultBackend } from './vaultBackend.suite.js';

const documents = new MemoryDocuments();

const harness: VaultHarness = {
  store: () => documents,
  personWrites: async (path, content) => {
    const { revision } = await documents.read('readers', path);
    await documents.write('readers', path, contentFromJson(content), revision);
  },
  readerSees: async (path) => {
    const { content } = await documents.read('readers', path);
    return content === null ? null : contentToJson(content);
  },
};

describeVaultBackend('memory', () => harness);
