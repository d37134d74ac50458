import type { CredentialEntry, Estate } from '../../config/estate.js';
import type { RotationRecord } from '../../model/record.js';
import type { OpenRecord } from '../../recover/findOpenRecords.js';
import type { CommandContext, Register } from '../command.js';
import type { exitCodes, Outcome } from '../exitCodes.js';
import { tableLines } from '../output.js';
import { chosenCredential } from '../rotation/chosenCredential.js';
import type { Recovered } from '../rotation/recovery.js';

interface Options {
  readonly dryRun?: boolean;
}

/** An open record that relock.yaml knows what to do with. */
interface Recoverable {
  readonly entry: CredentialEntry;
  readonly record: RotationRecord;
}

export const register: Register = (program, cli) => {
  program
    .command('recover')
    .description('finish rotations that were left open, without Temporal: from what the vaults remember')
    .argument('[credential]', 'its id in relock.yaml; without it: all that are open')
    .option('--dry-run', 'only list them')
    .action(cli.action((context, id: string | undefined, options: Options) => recover(context, id, options)));
};

async function recover(context: CommandContext, id: string | undefined, options: Options): Promise<Outcome> {
  const estate = await context.estate();
  const chosen = id === undefined ? null : chosenCredential(estate, id);
  const { openRecords } = await import('../rotation/recovery.js');
  const all = await openRecords(estate, context);
  const open = all.filter(({ entry }) => chosen === null || entry?.id === chosen.id);
  for (const stranger of open) tellUnknown(context, stranger);
  const known = open.flatMap(({ entry, record }) => (entry === null ? [] : [{ entry, record }]));
  if (options.dryRun === true || known.length === 0) return list(context, known, id);
  const { requireNoWorkflow } = await import('../rotation/freeOfWorkflow.js');
  await requireNoWorkflow(
    context,
    known.map(({ entry }) => entry.id),
  );
  return finishAll(context, estate, known);
}

/** A further copy's record goes with its primary's; one that belongs to nobody is named. */
function tellUnknown({ out }: CommandContext, { ref, entry, furtherCopyOf, record }: OpenRecord): void {
  if (entry !== null || furtherCopyOf !== null) return;
  out.note(
    `${ref} holds an open rotation of ${record.credential}, which relock.yaml does not know there; it is left alone. Put the credential back into relock.yaml, then recover it`,
  );
}

function list({ out }: CommandContext, open: readonly Recoverable[], id: string | undefined): Outcome {
  const rows = open.map(({ entry, record }) => [
    entry.id,
    record.phase,
    record.policy,
    new Date(record.at).toISOString(),
    record.suspended.join(', '),
  ]);
  const value = open.map(({ record: { credential, phase, policy, at, token, suspended } }) => ({
    credential,
    phase,
    policy,
    at,
    token,
    suspended,
  }));
  const none = `${id === undefined ? 'no rotation is' : `${id} is not`} open: nothing to recover`;
  out.result(
    value,
    open.length === 0 ? [none] : tableLines(['CREDENTIAL', 'PHASE', 'POLICY', 'OPENED', 'SUSPENDED'], rows),
  );
  return 'done';
}

async function finishAll(context: CommandContext, estate: Estate, open: readonly Recoverable[]): Promise<Outcome> {
  const { recoverOne } = await import('../rotation/recovery.js');
  const recovered: Recovered[] = [];
  for (const { entry, record } of open) {
    if (context.signal.aborted) break;
    recovered.push(await recoverOne(estate, entry, record, context));
  }
  context.out.result(
    recovered.map(({ value }) => value),
    recovered.flatMap(({ lines }) => lines),
  );
  return worst(recovered.map(({ outcome }) => outcome));
}

/** One failure fails all; then what waits, then what is not complete. */
function worst(outcomes: readonly Outcome[]): Outcome {
  const order = ['failed', 'waiting', 'incomplete', 'done'] as const satisfies readonly (keyof typeof exitCodes)[];
  return order.find((outcome) => outcomes.includes(outcome)) ?? 'done';
}
