import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectedClient, connectClient, temporalAt } from '../../src/client.js';
import { type RelockDev, relockDev } from '../campaign/relockDev.js';
import { runHere } from '../cli/runHere.js';
import { runRelock } from '../cli/runRelock.js';
import { type ClearText, clearTextsOf } from './clearTexts.js';
import { LeakScan } from './leakScan.js';
import { credentials, incidentKey, namedEstate, vendor } from './namedEstate.js';
import { filesBelow } from './places.js';
import { outsideOf, vocabularyOf } from './vocabulary.js';

const [turbine, pump] = credentials;
const incident = `incident/${vendor}/${incidentKey}`;
const short = `${vendor}/${incidentKey}`;
/** Without their vendor, so that each is found by itself. */
const names = { vendor, credential: 'turbine-login', 'other credential': 'pumpenhaus-login', incident: incidentKey };

/** A whole incident and what comes before it, by plain names; then what Temporal stored of it. */
class Case {
  #estate: Awaited<ReturnType<typeof namedEstate>> | null = null;
  #dev: RelockDev | null = null;
  #connected: ConnectedClient | null = null;
  texts: readonly ClearText[] = [];

  constructor(readonly opaqueIds: boolean) {}

  async start(): Promise<void> {
    this.#estate = await namedEstate(this);
    if (this.opaqueIds) await runHere(this.#estate.folder, ['codec', 'new-key', '--ids']);
    this.#dev = await relockDev(this.#estate.folder, {});
    this.#connected = await connectClient(temporalAt(this.#dev.environment.TEMPORAL_ADDRESS ?? ''));
  }

  async run(...args: readonly string[]) {
    const { code, stdout, stderr } = await runHere(this.#folder, [...args, '--json'], this.#dev?.environment ?? {});
    return { code, stderr, answer: JSON.parse(stdout || 'null') };
  }

  /** With another relock.yaml: without the option where workers have it, with it where they have not. */
  async runOtherwise(...args: readonly string[]) {
    const own = readFileSync(join(this.#folder, 'relock.yaml'), 'utf8');
    const line = 'codec: { opaqueIds: .relock/ids.key }\n';
    writeFileSync(join(this.#folder, 'other.yaml'), this.opaqueIds ? own.replace(line, '') : `${line}${own}`);
    const other = (words: readonly string[]) =>
      runHere(this.#folder, words, this.#dev?.environment ?? {}, 'other.yaml');
    if (!this.opaqueIds) await other(['codec', 'new-key', '--ids']);
    return other(args);
  }

  /** A process of its own, as a person starts it. */
  relock(...args: readonly string[]) {
    return runRelock(this.#folder, args, this.#dev?.environment ?? {});
  }

  async openIds(): Promise<readonly string[]> {
    const found: string[] = [];
    const connection = this.#connected?.client.connection;
    const { executions } = (await connection?.workflowService.listWorkflowExecutions({ namespace: 'default' })) ?? {};
    for (const { execution } of executions ?? []) found.push(execution?.workflowId ?? '');
    return found;
  }

  /** Ends everything, so that Temporal has written all that it keeps. */
  async end(): Promise<void> {
    const connection = this.#connected?.client.connection;
    if (connection !== undefined) this.texts = await clearTextsOf(connection, 'default', ['relock']);
    await this.#connected?.close();
    await this.#dev?.stop();
  }

  /** Which names stand in Temporal's files. */
  namesOnDisk(): ReadonlySet<string> {
    const files = [...filesBelow(join(this.#folder, 'data'), 'data')].filter(({ name }) =>
      name.includes('temporal.db'),
    );
    expect(new LeakScan({ control: 'respondToIncident' }).findings(files)).not.toEqual([]);
    const found = new LeakScan(names).findings(files);
    return new Set(found.map((finding) => finding.split(' (')[0] ?? ''));
  }

  async clean(): Promise<void> {
    await this.#estate?.stop();
  }

  get #folder(): string {
    if (this.#estate === null) throw new Error('this case has not started');
    return this.#estate.folder;
  }
}

describe.each([true, false])('with opaqueIds: %s', (opaqueIds) => {
  const place = new Case(opaqueIds);
  const run = place.run.bind(place);
  const openIncident = () =>
    run('incident', 'open', '--vendor', vendor, '--reason', 'INC', '--key', incidentKey, '--no-wait');
  beforeAll(() => place.start(), 300_000);
  afterAll(() => place.clean());

  it('schedules are applied, listed, paused and resumed by plain names', async () => {
    expect((await run('schedule', 'apply')).answer.schedules).toMatchObject([
      { id: `due/${vendor}/30d`, do: 'create' },
    ]);
    expect((await run('schedule', 'apply')).answer.schedules).toMatchObject([{ do: 'nothing' }]);
    await run('schedule', 'pause', `${vendor}/30`, '--because', 'freeze');
    expect((await run('schedule', 'list')).answer).toMatchObject([
      { schedule: `due/${vendor}/30d`, state: 'paused', wanted: true, credentials: 2 },
    ]);
    expect((await run('schedule', 'resume', `${vendor}/30`)).answer.state).toBe('active');
  });

  it('an incident is opened, found by its plain name, and holds what a schedule would rotate', async () => {
    const opened = await openIncident();
    expect(opened).toMatchObject({ code: 0, answer: { incident } });
    const status = async () => (await run('incident', 'status', short)).answer;
    await expect.poll(async () => (await status()).state, { timeout: 60_000 }).toBe('awaitingApproval');
    expect(await status()).toMatchObject({ incident, vendor, waves: 2 });
    const twice = await openIncident();
    expect(twice.stderr).toContain(`${incident} exists already; nothing was touched`);
    await expect
      .poll(async () => (await run('incident', 'list')).answer, { timeout: 20_000 })
      .toMatchObject([{ incident, vendor, state: 'awaitingApproval' }]);
    expect((await run('schedule', 'run', `${vendor}/30`)).answer).toMatchObject({
      due: 2,
      skipped: 2,
      notRotated: [{ reason: 'incident' }, { reason: 'incident' }],
    });
  }, 120_000);

  it('it is approved and watched by its plain name, and ends rotated', async () => {
    await run('incident', 'approve', short);
    const watched = await place.relock('incident', 'watch', short, '--json');
    expect(watched.code, watched.stderr).toBe(0);
    const { state, credentials: rows } = JSON.parse(watched.stdout);
    expect(state).toBe('finished');
    expect(rows.map((row: { id: string; state: string }) => [row.id, row.state])).toEqual(
      expect.arrayContaining([
        [turbine, 'rotated'],
        [pump, 'rotated'],
      ]),
    );
    expect((await run('incident', 'report', short)).answer).toMatchObject({ incident, vendor });
    const unknown = await run('incident', 'status', `${vendor}/nothing`);
    expect(unknown.stderr).toContain(`no incident "incident/${vendor}/nothing"`);
  }, 180_000);

  it('relock rotate rotates by plain name; relock check finds nothing wrong with ids', async () => {
    const rotated = await run('rotate', turbine);
    expect(rotated).toMatchObject({ code: 0, answer: { credential: turbine, state: 'rotated', incident: null } });
    const { answer } = await run('check');
    expect(answer.findings.filter(({ subject }: { subject: string }) => !subject.startsWith('vault'))).toEqual([]);
    const { answer: told } = await run('codec', 'id', 'rotate', turbine);
    expect(await place.openIds()).toContain(told.id);
  }, 120_000);

  it('whoever would call workflows otherwise than the workers do is refused', async () => {
    const refused = await place.runOtherwise('incident', 'list');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('the workers make ids in Temporal otherwise than this command would');
  });

  it(opaqueIds ? 'nothing that Temporal stores in clear names anything' : 'the names stand in clear', async () => {
    await place.end();
    expect([...place.namesOnDisk()].sort()).toEqual(opaqueIds ? [] : Object.keys(names).sort());
    const ids = { credentials, vendors: [vendor], incidents: [incidentKey] };
    expect(outsideOf(vocabularyOf(opaqueIds ? 'opaque' : ids), place.texts)).toEqual([]);
  }, 120_000);
});
