import { readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { pino } from 'pino';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { endStateNames } from '../../src/model/endStates.js';
import { installTemporalLog } from '../../src/temporalLog.js';
import { bundleWorkflows } from '../../src/workflows/bundle/bundle.js';
import * as workflows from '../../src/workflows/index.js';
import { readHistory } from './historyFile.js';
import { scenarios } from './scenarios.js';

const folder = join(import.meta.dirname, 'histories');
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.name.endsWith('.history'))
  .map((entry) => join(entry.parentPath, entry.name));

let workflowBundle: WorkflowBundle;
beforeAll(async () => {
  installTemporalLog(pino({ level: 'silent' }));
  workflowBundle = await bundleWorkflows({ encrypts: false });
}, 60_000);

it('every workflow, every scenario, every end state of a rotation and every end of an incident has a history', () => {
  const names = files.map((file) => basename(file).split('-'));
  expect(new Set(names.map(([name]) => name))).toEqual(new Set(Object.keys(scenarios)));
  expect(new Set(names.map(([, , type = '']) => type.replace('.history', '')))).toEqual(
    new Set(Object.keys(workflows)),
  );
  expect(new Set(files.flatMap((file) => endsIn(file, 'rotateCredential')))).toEqual(new Set(endStateNames));
  expect(new Set(files.flatMap((file) => endsIn(file, 'respondToIncident')))).toEqual(
    new Set(['finished', 'planned', 'failed', 'denied', 'aborted']),
  );
});

const ended = z.object({
  workflowExecutionCompletedEventAttributes: z.object({
    result: z.object({ payloads: z.array(z.object({ data: z.instanceof(Buffer) })) }),
  }),
});

/** As what the workflow of this type ended, where this history has its end. */
function endsIn(file: string, type: string): readonly string[] {
  if (!file.includes(`-${type}.`)) return [];
  const { events } = z.object({ events: z.array(z.unknown()) }).parse(readHistory(file));
  const { data: end } = ended.safeParse(events.at(-1));
  const data = end?.workflowExecutionCompletedEventAttributes.result.payloads[0]?.data;
  return data === undefined ? [] : [z.object({ state: z.string() }).parse(JSON.parse(data.toString('utf8'))).state];
}

it('workflows that began under an earlier release go on under this one: its histories replay', async () => {
  expect(files.length).toBeGreaterThan(3);
  expect(await broken(files.map((file) => [relative(folder, file), readHistory(file)]))).toEqual([]);
});

it('a history of other code does not replay', async () => {
  const file = files.find((each) => basename(each).startsWith('rotated-')) ?? '';
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
