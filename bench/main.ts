// relock beside Ansible and beside the bare logins, in one run on one machine: npm run bench -- [--quick] [--turns N] [--json] [--profile DIR]
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { startDatabases } from './databases.js';
import { startFleet } from './fleet.js';
import { ansible } from './lanes/ansible.js';
import { bareSsh } from './lanes/bareSsh.js';
import { openBaoDatabase } from './lanes/openBao.js';
import { RelockOn } from './lanes/relock.js';
import { weightless } from './lanes/weightless.js';
import type { Lane } from './measure/lane.js';
import { type RelockServers, startRelockServers } from './relockServers.js';
import { ratio, type Side, tableOf, weightlessLines } from './report.js';

/** As many as a wave of relock has under way; Ansible gets as many forks. */
const inFlight = 24;
/** What relock's own transport allows itself. */
const connectionsPerHost = 4;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    turns: { type: 'string' },
    json: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const shape = values.quick
  ? { accounts: 48, addresses: [6], repeats: 1, roles: 48, marks: [200] }
  : { accounts: 200, addresses: [6, 24], repeats: 2, roles: 200, marks: [1000, 5000] };
/** How often loop and relock take turns. */
const turns = Number(values.turns ?? shape.repeats);

function say(text: string): void {
  const stream = values.json ? process.stderr : process.stdout;
  stream.write(`${text}\n\n`);
}

/** Loop and relock in turn, so that a busy moment of the machine meets both; Ansible once. */
async function sideBySide(servers: RelockServers, addresses: number): Promise<Side> {
  const fleet = await startFleet(shape.accounts, addresses);
  try {
    const relock = await RelockOn.start(servers, fleet);
    try {
      const lanes: Lane[] = [];
      for (let turn = 0; turn < turns; turn += 1) {
        lanes.push(await bareSsh(fleet, { inFlight, connectionsPerHost }));
        lanes.push(await relock.run(inFlight));
      }
      lanes.push(await ansible(fleet, { forks: inFlight }));
      return { title: `${shape.accounts} accounts on ${addresses} addresses`, lanes };
    } finally {
      await relock.stop();
    }
  } finally {
    await fleet.stop();
  }
}

/** relock beside OpenBao's own way to rotate roles of PostgreSQL. */
async function databases(servers: RelockServers): Promise<Side> {
  const grounds = await startDatabases(shape.roles);
  try {
    const relock = await RelockOn.start(servers, grounds);
    try {
      const lanes: Lane[] = [];
      for (let turn = 0; turn < turns; turn += 1) lanes.push(await relock.run(inFlight));
      lanes.push(await openBaoDatabase(servers.bao, grounds, inFlight));
      return { title: `${shape.roles} roles of one PostgreSQL`, lanes };
    } finally {
      await relock.stop();
    }
  } finally {
    await grounds.stop();
  }
}

async function allSides(): Promise<readonly Side[]> {
  const servers = await startRelockServers(values.profile ?? null);
  try {
    const sides: Side[] = [];
    const told = (side: Side) => {
      say(tableOf(side));
      sides.push(side);
    };
    for (const addresses of shape.addresses) told(await sideBySide(servers, addresses));
    told(await databases(servers));
    return sides;
  } finally {
    await servers.stop();
  }
}

say(
  `Load of the machine before: ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
const sides = await allSides();
const marks = await weightless(shape.marks, inFlight);
say(weightlessLines(marks));
const [few] = sides;
const roles = sides.at(-1);
const figures = {
  ratioToAnsible: few === undefined ? null : ratio(few, 'Ansible'),
  ratioToBareLoop: few === undefined ? null : ratio(few, 'bare ssh2'),
  ratioToOpenBao: roles === undefined ? null : ratio(roles, 'OpenBao database engine'),
  weightlessPerSecond: marks.at(0)?.perSecond ?? null,
  peakMemoryRatio: marks.length < 2 ? null : Math.max(...marks.map(({ peakMb }) => peakMb)) / (marks[0]?.peakMb ?? 0),
  codec: true,
  load: loadavg()[0],
};
process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : `${JSON.stringify(figures, null, 2)}\n`);
process.exit(0);
