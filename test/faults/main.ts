// Breaks everything that relock talks to, at every outgoing request, and looks what became of the secrets:
// npm run faults -- [--sample N] [--seed S] [--minutes M] [--parallel P] [--estate TEXT] [--fault TEXT] [--json]
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.js';
import { estateKinds } from './estates/index.js';
import type { RunReport } from './run/runCase.js';

const { values } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '600' },
    parallel: { type: 'string', default: '4' },
    estate: { type: 'string', default: '' },
    log: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

function told(line: string): void {
  process.stderr.write(`${line}\n`);
}

let count = 0;
function onRun(run: RunReport): void {
  count += 1;
  if (values.log !== undefined) appendFileSync(values.log, `${JSON.stringify(run)}\n`);
  const { estate, policy, name, line, request } = run.case;
  const after = run.afterwards.length > 0 ? `, then ${run.afterwards.join(', ')}` : '';
  told(
    `${count}. ${estate}, ${policy}, ${name} at ${line} ${request} (${run.phase ?? 'not met'}): ${run.end}${after}; ${run.seconds} s`,
  );
  for (const { invariant, what } of run.violations) told(`   VIOLATION ${invariant}: ${what}`);
}

const result = await runCampaign({
  kinds: estateKinds.filter(({ name }) => name.includes(values.estate)),
  build: 'built',
  seed: Number(values.seed),
  sample: values.sample === undefined ? null : Number(values.sample),
  parallel: Number(values.parallel),
  until: Date.now() + Number(values.minutes) * 60_000,
  told,
  onRun,
});
const violations = result.runs.reduce((sum, run) => sum + run.violations.length, 0);
process.stdout.write(
  `${JSON.stringify({ runs: result.runs.length, violations, undecided: result.undecided.length })}\n`,
);
process.exit(violations === 0 ? 0 : 1);
