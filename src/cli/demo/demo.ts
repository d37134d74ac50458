import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { demoCredentials, demoMisbehaving } from '../../lab/demoCast.js';
import type { KnownSecret } from '../../lab/demoLab.js';
import { tryDoors } from '../../lab/doors.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { CommandError, UsageError } from '../failures.js';
import { statusLines } from '../incident/words.js';
import { Cleanup } from './cleanup.js';
import { playIncident } from './incident.js';
import { type Say, sayTo } from './say.js';
import { type Stage, setStage, startTemporal } from './stage.js';
import { castLines, deviations, doorCounts, troubleLines } from './story.js';

export interface DemoOptions {
  readonly yes?: boolean;
}

/** Plays a breach from its first to its last step. `done` only when everything went as the story says. */
export async function demo(context: CommandContext, { yes = false }: DemoOptions): Promise<Outcome> {
  if (!yes && !(process.stdin.isTTY && process.stderr.isTTY)) throw new UsageError(nobodyThere);
  const cleanup = new Cleanup();
  const folder = await mkdtemp(join(tmpdir(), 'relock-demo-'));
  try {
    return await play(folder, context, yes, cleanup);
  } catch (error) {
    if (context.signal.aborted) await rm(folder, { recursive: true, force: true });
    throw context.signal.aborted ? new CommandError(interrupted) : error;
  } finally {
    await cleanup.run();
  }
}

const nobodyThere =
  'the demo waits for a person to approve its plan, and there is no terminal; nothing was started. Run it in a terminal, or with --yes';
const interrupted =
  'the demo was interrupted: its lab, worker and Temporal server are stopped and its folder is removed. Nothing else was touched';

async function play(folder: string, context: CommandContext, yes: boolean, cleanup: Cleanup): Promise<Outcome> {
  const begun = context.now();
  const say = sayTo(context.out);
  say(['1. A Temporal server for this demo (fetched once, then cached)']);
  const server = await startTemporal(folder, context, cleanup);
  say([`   ${server.address}, web UI ${server.uiAddress}`, '', '2. The lab']);
  const stage = await setStage(folder, server, context, cleanup);
  say([...indented(castLines(folder)), '', '3. The breach: somebody tries every secret that the vendor had']);
  const before = await tryDoors(stage.lab, stage.lab.stolen, context.signal);
  say([`   ${doorCounts(before)}`, '', '4. The incident: relock plans, and waits for a person']);
  const status = await playIncident(stage, context, say, yes);
  if (status === null) throw new CommandError(interrupted);
  say(['', '5. How it ended', '', ...statusLines(status), '', '6. The same thief, and the owner, try again']);
  const after = await tryDoors(stage.lab, stage.lab.stolen, context.signal);
  const owner = await tryDoors(stage.lab, await currentSecrets(stage, context), context.signal);
  say([
    `   with the stolen secrets, ${doorCounts(after)}`,
    `   with what the vault gives now, ${doorCounts(owner)}`,
    '',
  ]);
  const differences = deviations({ credentials: status.credentials, before, after, owner });
  const seconds = Math.round((context.now() - begun) / 1000);
  const told = { incident: status.incident, folder, seconds, asTold: differences.length === 0, differences };
  if (context.out.json) context.out.result({ ...told, credentials: status.credentials, before, after, owner }, []);
  if (differences.length > 0) {
    context.out.note(unlikeStory(differences, folder));
    return 'failed';
  }
  say(['7. The devices that made trouble', '', ...indented(troubleLines), '']);
  await last(stage, folder, seconds, context, say, yes);
  return 'done';
}

async function currentSecrets({ estate }: Stage, context: CommandContext): Promise<readonly KnownSecret[]> {
  return Promise.all(
    demoCredentials.map(async (credential) => {
      const [primary] = estate.credentials.get(credential.id)?.copies ?? [];
      const vault = primary === undefined ? undefined : estate.vaults.get(primary.vault);
      if (primary === undefined || vault === undefined) throw new CommandError(`${credential.id} is in no vault`);
      const call = { signal: context.signal, deadline: context.now() + readMs };
      return { credential, secret: await vault.read(primary.path, 'current', call) };
    }),
  );
}

const readMs = 30_000;

function unlikeStory(differences: readonly string[], folder: string): string {
  return [
    `the demo did not go as its story says; its servers are stopped, its folder ${folder} is kept. What differed:`,
    ...differences.map((difference) => `  ${difference}`),
    'A slow or busy machine can do this: run it again. If it stays, report it with worker.log from that folder.',
  ].join('\n');
}

async function last(
  stage: Stage,
  folder: string,
  seconds: number,
  context: CommandContext,
  say: Say,
  yes: boolean,
): Promise<void> {
  say([
    `All of it went as told, in ${seconds} s. Plan, evidence and report: ${join(folder, 'evidence')} (the folder is kept; delete it when you like)`,
    '',
    'What to try next:',
    ...(yes ? [] : await whileItLasts(stage)),
    '   node bin/relock.js init      a relock.yaml of your own; then relock check',
    '   node bin/relock.js dev       a Temporal server and a worker for it',
  ]);
  if (!yes) await untilEnter(context);
}

/** What a person can try while lab and server are there; the devices that gave no answer are back for it. */
async function whileItLasts({ lab, temporal, config, ui }: Stage): Promise<readonly string[]> {
  const { down, silent } = demoMisbehaving;
  for (const id of [down, silent]) await lab.devices.get(id)?.repair();
  const relock = `TEMPORAL_ADDRESS=${temporal.place.address} node bin/relock.js --config ${config}`;
  return [
    `   ${ui}  every rotation is a workflow with a page of its own`,
    `   ${down} and ${silent} are back now. In another terminal, let relock finish what it had to leave open:`,
    `   ${relock} recover`,
    `   ${relock} rotate itron/${down}/svc`,
    `   ${relock} incident report itron/demo`,
  ];
}

/** The lab and the UI stay for whoever wants to look around. */
async function untilEnter({ signal, out }: CommandContext): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<void>((resolve) => lines.once('close', resolve));
  out.note('');
  await Promise.race([
    lines.question('The lab and the web UI stay until you press Enter. ', { signal }).catch(() => undefined),
    closed,
  ]);
  lines.close();
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `   ${line}`);
}
