import { Option } from 'commander';
import type { CredentialEntry, Estate } from '../../config/estate.js';
import type { FailurePolicy } from '../../model/policy.js';
import type { RotationRecord } from '../../model/record.js';
import type { CommandContext, Register } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { UsageError } from '../failures.js';
import { chosenCredential } from '../rotation/chosenCredential.js';

interface Options {
  readonly policy: FailurePolicy;
}

export const register: Register = (program, cli) => {
  program
    .command('reinstate')
    .description('let an account in again that a rotation suspended, then finish that rotation')
    .argument('<credential>', 'its id in relock.yaml')
    .addOption(
      new Option('--policy <policy>', 'how the rotation goes on: never puts the old secret back, or may')
        .choices(['forward', 'restore'])
        .default('forward'),
    )
    .action(cli.action((context, id: string, options: Options) => reinstateAccount(context, id, options)));
};

async function reinstateAccount(context: CommandContext, id: string, { policy }: Options): Promise<Outcome> {
  const estate = await context.estate();
  const entry = chosenCredential(estate, id);
  const record = await suspendedRecord(context, estate, entry);
  const { requireNoWorkflow } = await import('../rotation/freeOfWorkflow.js');
  await requireNoWorkflow(context, [id]);
  const { reinstate } = await import('../../recover/reinstate.js');
  const { clockOf, recoverOne } = await import('../rotation/recovery.js');
  const open = await reinstate(estate, record, policy, clockOf(context));
  context.out.note(`${id}: the account can log in again on ${record.suspended.join(', ')}`);
  const { outcome, value, lines } = await recoverOne(estate, entry, open, context);
  context.out.result(value, lines);
  return outcome;
}

async function suspendedRecord(
  context: CommandContext,
  estate: Estate,
  entry: CredentialEntry,
): Promise<RotationRecord> {
  const { copyAt } = await import('../../activities/resolve.js');
  const { callWithin } = await import('../../activities/clock.js');
  const { clockOf } = await import('../rotation/recovery.js');
  const [ref] = entry.copies;
  const copy = ref === undefined ? null : copyAt(estate, ref);
  const record =
    copy === null
      ? null
      : (await copy.vault.state(copy.path, callWithin(clockOf(context), estate.timing.callMs))).record;
  if (record !== null && record.suspended.length > 0) return record;
  throw new UsageError(
    `relock has not suspended the account of ${entry.id}; nothing was touched. ${record === null ? 'No rotation of it is open' : `Its rotation is open in phase ${record.phase}: relock recover ${entry.id}`}`,
  );
}
