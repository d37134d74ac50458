import { endStates, reasons } from '../../../src/model/endStates.js';
import { errorCodes } from '../../../src/model/errors.js';
import { failurePolicies } from '../../../src/model/policy.js';
import { phases } from '../../../src/protocol/phases.js';
import { lastWords, reconcileTable, verdicts } from '../../../src/protocol/reconcile.js';
import type { Generated } from '../../generate.js';

const fromCode = 'Generated from the code by `npm run generate`; do not edit.';

/** docs/protocol.md and docs/errors.md: the tables by which the protocol runs, as they are in the code. */
export function generate(): readonly Generated[] {
  return [
    { path: 'docs/protocol.md', text: protocol() },
    { path: 'docs/errors.md', text: errors() },
  ];
}

function protocol(): string {
  return document(
    '# The protocol',
    fromCode,
    'How one credential is rotated. `src/protocol/` is one pure function and these tables; the workflow, `relock recover` and the model in the tests run the same code.',
    '## Phases',
    table(
      ['phase', 'done by', 'true afterwards', 'why it exists', 'its exits'],
      Object.entries(phases).map(([name, { doneBy, truth, why, exits }]) => [name, doneBy, truth, why, exits]),
    ),
    '## What two probes say',
    'A fresh login with the new secret, and one with the old one where the new is not accepted. The first row that fits counts. A refusal counts only when it was asked for after everything that was sent there had settled (`settleMs`): a target may say yes and do it later.',
    table(
      ['new', 'old', 'means', 'where two secrets may live', 'at the deadline, or with no refusal left to spend'],
      reconcileTable.map((row) => [
        row.new.join(', '),
        row.old.length === 4 ? 'anything' : row.old.join(', '),
        verdicts[row.single],
        row.overlap === undefined ? 'the same' : verdicts[row.overlap],
        `${lastWords[row.single]}: ${row.atDeadline}`,
      ]),
    ),
    '## Failure policies',
    table(['policy', 'before readers get the new secret'], Object.entries(failurePolicies)),
    '## How it ends',
    table(['end', 'what was observed'], Object.entries(endStates)),
    '## Reasons',
    'Why nothing was changed, why a rotation waits, or what a person must look at.',
    table(['reason', 'meaning'], Object.entries(reasons)),
  );
}

function errors(): string {
  return document(
    '# Errors',
    fromCode,
    'Everything that can go wrong at a vault or a target has one of these codes; programs act on the code. Beside it stands the effect: `none` (proved that nothing changed there) or `unknown` (it may have changed, or may still change).',
    table(
      ['code', 'meaning', 'who acts', 'tried again when it had no effect'],
      Object.entries(errorCodes).map(([code, { meaning, actor, retry }]) => [
        `\`${code}\``,
        meaning,
        actor,
        retry ? 'yes' : 'no',
      ]),
    ),
  );
}

function document(...parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
