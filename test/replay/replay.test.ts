import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { pino } from 'pino';
import { beforeAll, expect, it } from 'vitest';
import { installTemporalLog } from '../../src/temporalLog.js';
import { bundleWorkflows } from '../../src/workflows/bundle/bundle.js';
import { readHistory } from './historyFile.js';

const folder = join(import.meta.dirname, 'histories');
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.name.endsWith('.history'))
  .map((entry) => join(entry.parentPath, entry.name));

let workflowBundle: WorkflowBundle;
beforeAll(async () => {
  installTemporalLog(pino({ level: 'silent' }));
  workflowBundle = await bundleWorkflows({ encrypts: false });
}, 60_000);

it('workflows that began under an earlier release go on under this one: its histories replay', async () => {
  expect(files.length).toBeGreaterThan(3);
  expect(await broken(files.map((file) => [relative(folder, file), readHistory(file)]))).toEqual([]);
});

it('a history of other code does not replay', async () => {
  const [file = ''] = files;
  const text = JSON.stringify(readHistory(file)).replace('"name":"carryOn"', '"name":"carryOff"');
  const bytes = (_: string, value: unknown) => (isBuffer(value) ? Buffer.from(value.data) : value);
  expect(await broken([['altered', JSON.parse(text, bytes)]])).toHaveLength(1);
});

/** Which of these do not replay. */
async function broken(histories: readonly (readonly [string, unknown])[]): Promise<readonly string[]> {
  const found: string[] = [];
  const named = histories.map(([workflowId, history]) => ({ workflowId, history }));
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, named))
    if (error !== undefined) found.push(`${workflowId}: ${error.message}`);
  return found;
}

function isBuffer(value: unknown): value is { readonly data: readonly number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value;
}
