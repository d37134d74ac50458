import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runCli } from '../../src/cli/run.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { type RelockDev, relockDev } from '../campaign/relockDev.js';
import { runRelock } from '../cli/runRelock.js';
import type { LeakEstate } from './estate.js';
import type { Place } from './leakScan.js';

/** relock at work on an estate; everything that its commands say is kept. */
export interface Run {
  readonly dev: RelockDev;
  /** A command in a process of its own, as a person runs it. */
  relock(...args: readonly string[]): Promise<void>;
  /** The same command line within this process, which is much faster; gives its stdout. */
  look(...args: readonly string[]): Promise<string>;
  /** What commands, workers and servers said. */
  said(): readonly Place[];
}

export async function startRun(estate: LeakEstate): Promise<Run> {
  const dev = await relockDev(estate.folder, estate.environment, ['--log-level', 'debug']);
  const said: Place[] = [];
  const keep = (args: readonly string[], content: string) => {
    said.push({ name: `the output of relock ${args.join(' ')}`, content });
  };
  return {
    dev,
    said: () => [...said, { name: 'what relock dev said', content: dev.output() }],
    async relock(...args) {
      const { stdout, stderr } = await runRelock(estate.folder, args, dev.environment);
      keep(args, stdout + stderr);
    },
    async look(...args) {
      const [stdout, stderr] = [listener(), listener()];
      const config = ['--config', join(estate.folder, 'relock.yaml')];
      const signal = AbortSignal.timeout(300_000);
      await runCli({ args: [...args, ...config], stdout, stderr, environment: dev.environment, signal });
      keep(args, stdout.text() + stderr.text());
      return stdout.text();
    },
  };
}

function listener() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString('utf8') });
}

/** Everything that a person may do around an incident, as text and as JSON. */
export async function incidentWithFailures(estate: LeakEstate, { relock, look }: Run): Promise<void> {
  const both = async (...args: readonly string[]) => {
    await look(...args);
    await look(...args, '--json');
  };
  await look('schedule', 'apply', '--json');
  await look('schedule', 'pause', 'acme/30', '--because', 'incident');
  await look('schedule', 'resume', 'acme/30');
  await look('incident', 'open', '--vendor', 'itron', '--reason', 'drill', '--dry-run');

  const person = aPersonWrites(estate);
  await relock('incident', 'open', '--vendor', 'itron', '--reason', 'INC-77', '--as', estate.opener.file, '--no-wait');
  await planned(() => look('incident', 'status', 'itron/inc-77', '--json'));
  await both('incident', 'plan', 'itron/inc-77');
  await look('incident', 'pause', 'itron/inc-77');
  await relock('incident', 'approve', 'itron/inc-77', '--key', estate.approver.file);
  await look('incident', 'resume', 'itron/inc-77');
  await Promise.all([look('incident', 'watch', 'itron/inc-77'), relock('rotate', 'acme/rolling', '--json'), person]);
  await look('schedule', 'run', 'acme/30');
  await look('incident', 'open', '--vendor', 'acme', '--reason', 'INC-78', '--as', estate.opener.file, '--no-wait');
  await planned(() => look('incident', 'status', 'acme/inc-78', '--json'));
  await look('incident', 'deny', 'acme/inc-78', '--key', estate.approver.file);
  for (const what of ['status', 'report']) await both('incident', what, 'itron/inc-77');
  await look('incident', 'report', 'itron/inc-77', '--html', join(estate.folder, 'report.html'));
  for (const list of ['incident', 'schedule']) await both(list, 'list');
  await both('credentials', '--state');
  await both('check');
  await both('recover');
}

async function planned(status: () => Promise<string>): Promise<void> {
  const asks = async () => (JSON.parse(await status()).state === 'awaitingApproval' ? true : undefined);
  await waitUntil(asks, { what: 'the plan of the incident', timeoutMs: 60_000, intervalMs: 200 });
}

/** As soon as relock holds the credential, somebody changes it with another tool. */
async function aPersonWrites({ vault }: LeakEstate): Promise<void> {
  const path = 'itron/person';
  const isHeld = async () => ((await vault.readerSees(`relock/${path}`)) === null ? undefined : true);
  await waitUntil(isHeld, { what: 'the record of itron/person', timeoutMs: 120_000, intervalMs: 10 });
  const before = await vault.readerSees(path);
  await vault.personWrites(path, { ...before, password: `by-hand-${Date.now()}-0x` });
}
