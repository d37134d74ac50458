import { Client, Connection } from '@temporalio/client';
import { afterEach, expect, it } from 'vitest';
import { sharedTemporal } from '../harness/shared.js';
import { startTemporal, type TestTemporal } from '../harness/temporal.js';

let own: TestTemporal | undefined;
let connection: Connection | undefined;
afterEach(async () => {
  await connection?.close();
  await own?.stop();
});

it('carries its workflows over a crash', async () => {
  own = await startTemporal({ searchAttributes: { TestVendor: 'Keyword' } });
  const startOptions = { taskQueue: 'nobody', workflowId: 'waits', searchAttributes: { TestVendor: ['itron'] } };
  connection = await Connection.connect({ address: own.address });
  await new Client({ connection }).workflow.start('anything', startOptions);
  await connection.close();

  await own.restart();
  connection = await Connection.connect({ address: own.address });
  const { status, searchAttributes } = await new Client({ connection }).workflow.getHandle('waits').describe();
  expect(status.name).toBe('RUNNING');
  expect(searchAttributes.TestVendor).toEqual(['itron']);
});

it('shared by a run, gives each asker a namespace of its own and a web UI', async () => {
  const [first, second] = await Promise.all([sharedTemporal(), sharedTemporal()]);
  expect(first.address).toBe(second.address);
  expect(first.namespace).not.toBe(second.namespace);
  connection = await Connection.connect({ address: first.address });
  const { namespace } = second;
  await new Client({ connection, namespace }).workflow.start('anything', { taskQueue: 'nobody', workflowId: 'waits' });
  const elsewhere = new Client({ connection, namespace: first.namespace }).workflow.getHandle('waits');
  await expect(elsewhere.describe()).rejects.toThrow('not found');
  expect((await fetch(first.uiAddress)).status).toBe(200);
});
