import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllowedSigners } from '../../src/approval/allowedSigners.js';
import { type ConnectedClient, connectClient, temporalAt } from '../../src/client.js';
import type { CodecServer } from '../../src/codec/codecServer.js';
import { encryptingConverter } from '../../src/codec/dataConverter.js';
import { makeKeyFile, readKeyFile } from '../../src/codec/keyFile.js';
import { startUiCodec } from '../../src/codec/uiCodec.js';
import { workingWith } from '../../src/codec/workerIdentity.js';
import type { Estate } from '../../src/config/estate.js';
import type { Opening } from '../../src/model/approval.js';
import { freePort } from '../../src/servers/freePort.js';
import { startTemporalDev, type TemporalDev } from '../../src/servers/temporalDev.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { installTemporalLog } from '../../src/temporalLog.js';
import { connectWorker, createRelockWorker } from '../../src/worker.js';
import type { IncidentInput, IncidentProgress } from '../../src/workflows/incidentMessages.js';
import { mainTaskQueue } from '../../src/workflows/taskQueues.js';
import { makeKey, signed } from '../approval/sshKeys.js';
import { runRelock } from '../cli/runRelock.js';
import { say } from '../harness/say.js';
import { type MemoryBench, memoryBench } from '../workflows/memoryBench.js';
import { openTemporalUi, type TemporalUi } from './temporalUi.js';

const [anna, ben, opener, stranger] = [makeKey(), makeKey(), makeKey(), makeKey()];
const approvers = `anna ${anna.line}\nben ${ben.line}\nopener ${opener.line}\n`;
const incident = 'incident/acme/inc-42';
const reason = 'the canary of a reason';

let bench: MemoryBench;
let dataFolder: string;
let temporal: TemporalDev;
let codec: CodecServer;
let native: NativeConnection;
let connected: ConnectedClient;
let stopWorker: () => Promise<void>;
let ui: TemporalUi;

beforeAll(async () => {
  installTemporalLog(
    pino({ level: process.env.RELOCK_TEST_LOG ?? 'error' }, pino.destination({ dest: 2, sync: true })),
  );
  bench = await memoryBench({ credentials: 2 });
  writeFileSync(join(bench.folder, 'approvers'), approvers);
  writeFileSync(join(bench.folder, 'relock.yaml'), estateForCommands());
  const keyFile = join(bench.folder, '.relock', 'codec.keys');
  makeKeyFile(keyFile, Date.now());
  const ring = readKeyFile(keyFile);
  if (ring === 'missing') throw new Error('no key ring');
  dataFolder = mkdtempSync(join(tmpdir(), 'relock-ui-'));
  const [port, uiPort] = [await freePort(), await freePort()];
  codec = await startUiCodec(ring, uiPort, join(dataFolder, 'decode.log'));
  const files = { dataFile: join(dataFolder, 'temporal.db'), logFile: join(dataFolder, 'temporal.log') };
  temporal = await startTemporalDev({ port, uiPort, codecEndpoint: codec.endpoint, ...files, say });
  const place = temporalAt(temporal.address);
  native = await connectWorker(place);
  connected = await connectClient(place, encryptingConverter(ring));
  const [worker, browser] = await Promise.all([
    createRelockWorker(withApprovals(bench.estate), {
      zone: null,
      connection: native,
      namespace: 'default',
      ...workingWith(ring),
    }),
    openTemporalUi(temporal.uiAddress ?? ''),
  ]);
  ui = browser;
  const run = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await run;
  };
}, 120_000);

afterAll(async () => {
  await ui?.close();
  await stopWorker?.();
  await connected?.close();
  await native?.close();
  await temporal?.kill();
  await codec?.close();
  bench?.close();
  if (dataFolder) rmSync(dataFolder, { recursive: true, force: true });
});

/** What an approver needs on his own machine: where plans are, and who may approve. */
function estateForCommands(): string {
  return [
    'vaults: { local: { driver: file, path: ./vault, identityFile: ./approvers } }',
    'artifacts: { driver: folder, path: ./evidence }',
    'approvals: { allowedSigners: ./approvers, required: 2 }',
  ].join('\n');
}

function withApprovals(plain: Estate): Estate {
  const signers = parseAllowedSigners(approvers);
  return {
    ...plain,
    approvals: { signers, text: approvers, file: 'approvers', required: 2, per: 'incident', validHours: 1 },
  };
}

async function openIncident() {
  const statement: Opening = { version: 1, incident, reason, policy: 'forward' };
  const opening = signed(opener, statement, 'relock-opening-v1');
  const input: IncidentInput = {
    vendor: 'acme',
    key: 'inc-42',
    reason,
    policy: 'forward',
    dryRun: false,
    approved: false,
    opening,
  };
  const handle = await connected.client.workflow.start('respondToIncident', {
    workflowId: incident,
    taskQueue: mainTaskQueue,
    args: [input],
  });
  const progress = () => handle.query<IncidentProgress, []>('incident');
  const asked = async () => ((await progress()).signing === null ? undefined : true);
  await waitUntil(asked, { what: 'the question for an approval', timeoutMs: 20_000 });
  return { handle, progress };
}

/** What the sheet tells a person to type, done in a shell, with his key in place of the default one. */
function follow(sheet: string, keyFile: string): string {
  const lines = sheet.split('\n').map((line) => line.trim());
  const statement = lines.find((line) => line.startsWith("s='")) ?? '';
  const sign = lines.find((line) => line.startsWith('printf ')) ?? '';
  const script = `${statement}\n${sign.replace('~/.ssh/id_ed25519', keyFile)}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** An agent that holds this key, for as long as `use` takes. */
async function withAgent<Result>(
  keyFile: string,
  use: (environment: Record<string, string>) => Promise<Result>,
): Promise<Result> {
  const socket = join(mkdtempSync(join(tmpdir(), 'relock-agent-')), 'agent');
  const agent = spawn('setpriv', ['--pdeathsig', 'KILL', 'ssh-agent', '-D', '-a', socket], { stdio: 'ignore' });
  try {
    const environment = { SSH_AUTH_SOCK: socket };
    const added = async () => {
      execFileSync('ssh-add', ['-q', keyFile], { env: { ...process.env, ...environment }, stdio: 'ignore' });
      return true;
    };
    await waitUntil(added, { what: 'ssh-agent', timeoutMs: 10_000 });
    return await use(environment);
  } finally {
    agent.kill('SIGKILL');
  }
}

describe('a person approves in the Temporal UI, everything encrypted', () => {
  it('reads the sheet, is refused with a bad signature, counted with a good one; the second signs with relock', async () => {
    const { handle, progress } = await openIncident();
    await ui.open(incident);
    const sheet = await ui.sheet('Approved so far');
    expect(sheet).toContain(reason);
    expect(sheet).toContain('0 of 2');
    expect(await ui.chooseUpdate('approve')).toMatch(/approve[\s\S]*what to put in/);

    const refused = await ui.send(follow(sheet, stranger.file));
    expect(refused).toContain('not counted: the key that signed is not in the file of approvers');
    expect(refused).not.toMatch(/\bat .*\.[jt]s/);
    expect((await progress()).signing?.by).toEqual([]);

    expect(await ui.send(follow(sheet, anna.file))).toBeNull();
    expect((await progress()).signing?.by).toEqual(['anna']);

    const environment = { TEMPORAL_ADDRESS: temporal.address };
    const byOpener = await runRelock(
      bench.folder,
      ['incident', 'approve', 'acme/inc-42', '--key', opener.file],
      environment,
    );
    expect(byOpener).toMatchObject({ code: 2 });
    expect(byOpener.stderr).toContain('opener opened this incident');
    const printed = await runRelock(
      bench.folder,
      ['incident', 'deny', 'acme/inc-42', '--key', ben.file, '--print'],
      environment,
    );
    expect(JSON.parse(printed.stdout)).toMatchObject({ statement: { decision: 'deny', incident } });
    const approved = await withAgent(ben.file, (agent) =>
      runRelock(bench.folder, ['incident', 'approve', 'acme/inc-42'], { ...environment, ...agent }),
    );
    expect(approved).toMatchObject({ code: 0 });
    expect(await handle.result()).toMatchObject({ state: 'finished', ends: { rotated: 2 } });
  }, 90_000);

  it('a client with another key is told so before it sends anything; one without a key as well', async () => {
    const other = join(bench.folder, 'other.keys');
    makeKeyFile(other, Date.now());
    const environment = { TEMPORAL_ADDRESS: temporal.address, RELOCK_CODEC_KEY_FILE: other };
    const [wrong, none] = await Promise.all([
      runRelock(bench.folder, ['incident', 'list'], environment),
      runRelock(bench.folder, ['incident', 'list'], { ...environment, RELOCK_CODEC_KEY_FILE: `${other}.none` }),
    ]);
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('the workers have other keys');
    expect(none).toMatchObject({ code: 2 });
    expect(none.stderr).toContain('there is no key ring');
  });

  it("what was said and done is not readable in Temporal's database", async () => {
    const failing = await connected.client.workflow.start('respondToIncident', {
      workflowId: 'incident/acme/unsigned',
      taskQueue: mainTaskQueue,
      args: [
        { vendor: 'acme', key: 'unsigned', reason, policy: 'forward', dryRun: false, approved: false, opening: null },
      ],
      memo: { note: 'the canary of a memo' },
      staticSummary: 'the canary of a summary',
    });
    await expect(failing.result()).rejects.toMatchObject({
      cause: { cause: { message: expect.stringContaining('was not planned') } },
    });
    const files = readdirSync(dataFolder).filter((name) => name.startsWith('temporal.db'));
    expect(files).toContain('temporal.db-wal');
    const database = Buffer.concat(files.map((name) => readFileSync(join(dataFolder, name))));
    const inClear = ['canary', 'SSH SIGNATURE', 'was not planned', 'planDigest', 'descriptorDigest', 'anna'];
    expect(inClear.filter((text) => database.includes(text))).toEqual([]);
    expect(database.includes(incident)).toBe(true);
  });
});
