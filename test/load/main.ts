// npm run load -- --credentials 5000 --seed 1 [--kills 5] [--pauses 5] [--fault-percent 2] [--keep] [--json]
import { parseArgs } from 'node:util';
import { loadRun } from './loadRun.js';
import { resultLines } from './resultLines.js';

const { values } = parseArgs({
  options: {
    credentials: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    kills: { type: 'string', default: '5' },
    pauses: { type: 'string', default: '5' },
    'fault-percent': { type: 'string', default: '2' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const result = await loadRun({
  credentials: Number(values.credentials),
  seed: Number(values.seed),
  kills: Number(values.kills),
  pauses: Number(values.pauses),
  faultPercent: Number(values['fault-percent']),
  keep: values.keep,
  say: (line) => console.error(line),
});
for (const line of resultLines(result)) console.log(line);
if (values.json) console.log(JSON.stringify(result));
process.exitCode = result.violations.length === 0 ? 0 : 1;
