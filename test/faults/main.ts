// Breaks everything that relock talks to, at every outgoing request, and looks what became of the secrets:
// npm run faults -- [--sample N] [--seed S] [--minutes M] [--parallel P] [--estate TEXT] [--fault TEXT] [--log FILE] [--record] [--json]
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { runCampaign } from './campaign.js';
import { estateKinds } from './estates/index.js';
import { writeRecorded } from './report/recorded.js';
import { RunLog } from './report/runLog.js';
import { summaryOf } from './report/summary.js';

const whole = z.coerce.number().int().positive();
const { values } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '600' },
    parallel: { type: 'string', default: '4' },
    estate: { type: 'string', default: '' },
    fault: { type: 'string', default: '' },
    log: { type: 'string' },
    record: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const log = new RunLog(values.log ?? null);
const sample = values.sample === undefined ? null : z.coerce.number().int().nonnegative().parse(values.sample);
const campaign = {
  kinds: estateKinds.filter(({ name }) => name.includes(values.estate)),
  fault: values.fault,
  build: 'built',
  seed: whole.parse(values.seed),
  sample,
  parallel: whole.parse(values.parallel),
  until: Date.now() + whole.parse(values.minutes) * 60_000,
  log,
  told: (line: string) => (values.json ? process.stderr : process.stdout).write(`${line}\n`),
} as const;
// `--sample 0 --log FILE --record` keeps what was run before.
if (sample !== 0) await runCampaign(campaign);
const { seeds, cases, undecided, runs } = log.kept;
const summary = summaryOf(runs);
const on = new Date().toISOString().slice(0, 10);
if (values.record) writeRecorded({ on, seeds, cases, undecided, ...summary });
const figures = { runs: summary.runs, violations: summary.violations.length, undecided };
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(figures.violations === 0 ? 0 : 1);
