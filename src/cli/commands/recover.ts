import type { CredentialEntry, Estate } from '../../config/estate.js';
import type { RotationRecord } from '../../model/record.js';
import type { OpenRecord } from '../../recover/findOpenRecords.js';
import type { CommandContext, Register } from '../command.js';
import type { exitCodes, Outcome } from '../exitCodes.js';
import { UsageError } from '../failures.js';
import { chosenCredential } from '../rotation/chosenCredential.js';
import type { Told } from '../rotation/recovery.js';

interface Options {
  readonly dryRun?: boolean;
  readonly asDescribedNow?: boolean;
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
    .option('--dry-run', 'only say what stands open and what would be done; logs in nowhere, writes nothing')
    .option(
      '--as-described-now',
      'go by relock.yaml as it is, although it has changed since the rotation was opened: you say that it means the same account on the same machines',
    )
    .action(cli.action((context, id: string | undefined, options: Options) => recover(context, id, options)));
};

async function recover(context: CommandContext, id: string | undefined, options: Options): Promise<Outcome> {
  const estate = await context.estate();
  if (options.asDescribedNow === true && id === undefined)
    throw new UsageError('--as-described-now is for one credential; nothing was touched. Name it');
  const chosen = id === undefined ? null : chosenCredential(estate, id);
  const { openRecords } = await import('../rotation/recovery.js');
  const all = await openRecords(estate, context);
  const open = all.filter(({ entry }) => chosen === null || entry?.id === chosen.id);
  for (const stranger of open) tellUnknown(context, stranger);
  const known = open.flatMap(({ entry, record }) => (entry === null ? [] : [{ entry, record }]));
  if (known.length === 0) return nothing(context, id);
  if (options.dryRun === true)
    return tellAll(context, await forAll(context, estate, known, await dryHand(estate, options)));
  const { requireNoWorkflow } = await import('../rotation/freeOfWorkflow.js');
  await requireNoWorkflow(
    context,
    known.map(({ entry }) => entry.id),
  );
  return tellAll(context, await forAll(context, estate, known, await hand(estate, options)));
}

/** A further copy's record goes with its primary's; one that belongs to nobody is named. */
function tellUnknown({ out }: CommandContext, { ref, entry, furtherCopyOf, record }: OpenRecord): void {
  if (entry !== null || furtherCopyOf !== null) return;
  out.note(
    `${ref} holds an open rotation of ${record.credential}, which relock.yaml does not know there; it is left alone. Put the credential back into relock.yaml, then recover it`,
  );
}

function nothing({ out }: CommandContext, id: string | undefined): Outcome {
  out.result([], [`${id === undefined ? 'no rotation is' : `${id} is not`} open: nothing to recover`]);
  return 'done';
}

type Hand = (context: CommandContext, open: Recoverable) => Promise<Told>;

async function hand(estate: Estate, { asDescribedNow }: Options): Promise<Hand> {
  const { recoverOne } = await import('../rotation/recovery.js');
  const { asDescribed, describedOtherwise, isDescribedAlike } = await import('../rotation/description.js');
  return async (context, { entry, record }) => {
    if (isDescribedAlike(entry, record)) return recoverOne(estate, entry, record, context);
    if (asDescribedNow !== true) return describedOtherwise(entry, record);
    return asDescribed(entry, record, await recoverOne(estate, entry, record, context));
  };
}

async function dryHand(estate: Estate, { asDescribedNow }: Options): Promise<Hand> {
  const { dryRun } = await import('../rotation/dryRun.js');
  const { describedOtherwise, isDescribedAlike } = await import('../rotation/description.js');
  return async (context, { entry, record }) =>
    isDescribedAlike(entry, record) || asDescribedNow === true
      ? dryRun(estate, entry, record, context)
      : { ...describedOtherwise(entry, record), outcome: 'done' };
}

/** How many credentials side by side. */
const atOnce = 8;

async function forAll(
  context: CommandContext,
  estate: Estate,
  open: readonly Recoverable[],
  one: Hand,
): Promise<readonly Told[]> {
  const { default: pLimit } = await import('p-limit');
  const { turnsOf } = await import('../../recover/turns.js');
  const limit = pLimit(atOnce);
  const told = new Map<Recoverable, Told>();
  const inTurn = async (chain: readonly Recoverable[]) => {
    for (const each of chain) if (!context.signal.aborted) told.set(each, await one(context, each));
  };
  for (const chains of turnsOf(estate, open)) await limit.map(chains, inTurn);
  return open.flatMap((each) => told.get(each) ?? []);
}

function tellAll({ out }: CommandContext, told: readonly Told[]): Outcome {
  out.result(
    told.map(({ value }) => value),
    told.flatMap(({ lines }) => lines),
  );
  return worst(told.map(({ outcome }) => outcome));
}

/** One failure fails all; then what waits, then what is not complete. */
function worst(outcomes: readonly Outcome[]): Outcome {
  const order = ['failed', 'waiting', 'incomplete', 'done'] as const satisfies readonly (keyof typeof exitCodes)[];
  return order.find((outcome) => outcomes.includes(outcome)) ?? 'done';
}
