import { createServer, type ServerResponse } from 'node:http';
import type { TestProject } from 'vitest/node';
import { type OpenBao, startOpenBao } from './openBao.js';
import { sharedNamespaces } from './shared.js';
import { startTemporal, type TestTemporal } from './temporal.js';

/**
 * Servers that the test files of one run share. Each starts when a file first asks for it, in this process, so that it
 * lives as long as the run; files ask over HTTP (`shared.ts`).
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const temporal = lazily(() => startTemporal({ ui: true, namespaces: sharedNamespaces }));
  const openBao = lazily(startOpenBao);
  let namespacesGiven = 0;
  const answers: Record<string, () => Promise<object>> = {
    '/temporal': async () => {
      const { address, uiAddress } = await temporal.get();
      const namespace = sharedNamespaces[namespacesGiven++];
      if (namespace === undefined) throw new Error('every shared namespace is taken: make `sharedNamespaces` longer');
      return { address, uiAddress, namespace };
    },
    '/openbao': async () => {
      const { address, rootToken, auditFile } = await openBao.get();
      return { address, rootToken, auditFile };
    },
  };
  const broker = createServer((request, response) => {
    const answer = answers[request.url ?? ''] ?? (() => Promise.reject(new Error('no such server')));
    answer().then(
      (found) => reply(response, 200, found),
      (error: unknown) => reply(response, 500, { message: error instanceof Error ? error.message : 'failed' }),
    );
  });
  const port = await new Promise<number>((resolve) => {
    broker.listen(0, '127.0.0.1', () => {
      const address = broker.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
  project.provide('sharedServers', `http://127.0.0.1:${port}`);
  return async () => {
    broker.close();
    broker.closeAllConnections();
    await Promise.all([temporal.stop(), openBao.stop()]);
  };
}

interface Lazy<T> {
  get(): Promise<T>;
  stop(): Promise<void>;
}

function lazily<T extends OpenBao | TestTemporal>(start: () => Promise<T>): Lazy<T> {
  let started: Promise<T> | undefined;
  return {
    get() {
      started ??= start();
      return started;
    },
    async stop() {
      const server = await started?.catch(() => undefined);
      await server?.stop();
    },
  };
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
