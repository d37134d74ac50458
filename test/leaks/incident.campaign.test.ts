import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectedClient, connectClient, temporalAt } from '../../src/client.js';
import { encryptingConverter } from '../../src/codec/dataConverter.js';
import { readKeyFile } from '../../src/codec/keyFile.js';
import { clearTextsOf } from './clearTexts.js';
import { type LeakEstate, type Secrets, startLeakEstate, tokenVariable } from './estate.js';
import { LeakScan, type Place } from './leakScan.js';
import { filesBelow, historiesOf } from './places.js';
import { type ProcessSample, processPlaces, sampleProcesses } from './processes.js';
import { incidentWithFailures, type Run, startRun } from './run.js';
import { readPages, type WorkflowRun, workflowPages } from './uiPages.js';
import { outsideOf, vocabularyOf } from './vocabulary.js';

let estate: LeakEstate;
let run: Run;
let connected: ConnectedClient;
let samples: readonly ProcessSample[];
let secrets: Secrets;
let scan: LeakScan;

beforeAll(async () => {
  estate = await startLeakEstate();
  const sampling = await sampleProcesses();
  run = await startRun(estate);
  await incidentWithFailures(estate, run);
  samples = await sampling.end();
  const keyFile = join(estate.folder, '.relock', 'codec.keys');
  const ring = readKeyFile(keyFile);
  if (ring === 'missing') throw new Error('no key ring');
  const address = run.dev.environment.TEMPORAL_ADDRESS ?? '';
  connected = await connectClient(temporalAt(address), encryptingConverter(ring));
  secrets = { ...estate.old, ...renamed(await estate.current(), 'new: '), 'the codec key': codecKey(keyFile) };
  scan = new LeakScan(secrets);
}, 600_000);

afterAll(async () => {
  await connected?.close();
  await run?.dev.stop();
  await estate?.stop();
});

function renamed(some: Secrets, prefix: string): Secrets {
  return Object.fromEntries(Object.entries(some).map(([name, value]) => [`${prefix}${name}`, value]));
}

function codecKey(file: string): Buffer {
  const [line = ''] = readFileSync(file, 'utf8').trim().split('\n').slice(-1);
  return Buffer.from(line.split(' ')[1] ?? '', 'base64');
}

/** `control` is there, so the place was really looked at; nothing secret is. */
function expectClean(places: readonly Place[], control: string): void {
  const seen = new LeakScan({ control });
  expect(seen.findings(places).length, `the control "${control}"`).toBeGreaterThan(0);
  expect(scan.findings(places)).toEqual([]);
}

describe('after an incident in which much went wrong, no secret, old or new, is', () => {
  it('on its way: it went as it should, with the failures that it should have', async () => {
    const status = JSON.parse(await run.look('incident', 'status', 'itron/inc-77', '--json'));
    const ends = Object.fromEntries(
      status.credentials.map(({ id, state }: { id: string; state: string }) => [id, state]),
    );
    expect(status.state).toBe('finished');
    expect(ends).toMatchObject({
      'itron/billing': 'rotated',
      'itron/headend-svc': 'rotated',
      'itron/meter-feed': 'rotated',
      'itron/router-vty': 'rotated',
      'itron/sftp-key': 'rotated',
      'itron/two': 'rotated',
      'itron/everywhere': 'replaced',
      'itron/off': 'untouched',
    });
    const rotated = run.said().find(({ name }) => name.includes('rotate acme/rolling'));
    expect(`${rotated?.content}`).toContain('"rolledBack"');
  });

  it('on the screen, or in the log of the worker', () => {
    expectClean(run.said(), 'incident/itron/inc-77');
  });

  it("in Temporal's files, read without a key", () => {
    expectClean([...filesBelow(join(estate.folder, 'data'), 'data')], 'incident/itron/inc-77');
  });

  it('in histories, read with the key', async () => {
    expectClean(await historiesOf(connected.client), 'primary:itron/sftp-key');
  });

  it('in evidence, reports, or any other file', () => {
    const expected = ['vault.key', '.relock/codec.keys'];
    expectClean([...filesBelow(estate.folder, 'folder', expected)], 'incident/itron/inc-77');
    expectClean(
      [...filesBelow(estate.temporary, 'temporary'), { name: 'control', content: 'controlled' }],
      'controlled',
    );
  });

  it('in arguments or environments of processes, on either end', () => {
    const expected = {
      name: tokenVariable,
      // The user sets it for relock. Tests run relock from source, so its compiler gets it too.
      isExpected: ({ cmdline }: ProcessSample) => /src\/cli\/main\.ts\0|esbuild/.test(cmdline),
    };
    const places = processPlaces(samples, expected);
    expectClean(places, 'start-dev');
    expectClean(places, 'sshd: itron-person');
  });

  it('in logs and files of vault and targets', async () => {
    const logs = await estate.logs();
    expectClean(logs, 'itron-svc');
  });

  it("on the pages of Temporal's UI, decrypted", async () => {
    const runs: WorkflowRun[] = [];
    for await (const { workflowId, runId } of connected.client.workflow.list())
      if (/inc-77$|everywhere|rolling/.test(workflowId)) runs.push({ workflowId, runId });
    const pages = await readPages(workflowPages(run.dev.uiAddress, runs));
    expectClean(pages, 'INC-77');
  }, 240_000);
});

it('what Temporal keeps in clear is of a closed vocabulary: whoever has no key learns ids, names of ours, and times', async () => {
  const texts = await clearTextsOf(connected.client.connection, 'default', ['relock']);
  const credentials = Object.keys(await estate.current()).map((name) => name.split(/[ ,]/)[0] ?? '');
  const ids = { credentials, vendors: ['itron', 'acme'], incidents: ['inc-77', 'inc-78', 'drill'] };
  expect(outsideOf(vocabularyOf(ids), texts)).toEqual([]);
  expect(texts.map(({ text }) => text)).toEqual(
    expect.arrayContaining(['rotate/itron/two', 'approve', 'due/acme/30d']),
  );
});
