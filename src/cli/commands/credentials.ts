import type { CredentialEntry, Estate } from '../../config/estate.js';
import { formatSecretRef } from '../../config/secretRef.js';
import type { Instant } from '../../model/time.js';
import type { CommandContext, Register } from '../command.js';
import { withDeadline } from '../deadline.js';
import type { Outcome } from '../exitCodes.js';
import { UsageError } from '../failures.js';
import { tableLines } from '../output.js';

interface Options {
  readonly vendor?: string;
  readonly state?: boolean;
}

/** What the primary vault remembers of a credential. */
interface Remembered {
  /** null: relock has not rotated it yet. */
  readonly rotatedAt: Instant | null;
  readonly open: boolean;
}

export const register: Register = (program, cli) => {
  program
    .command('credentials')
    .description('list what is shared with vendors')
    .option('--vendor <vendor>', 'only those of one vendor')
    .option('--state', 'ask the primary vaults when each was last rotated, and whether a rotation is open')
    .action(cli.action((context, options: Options) => listCredentials(context, options)));
};

async function listCredentials(context: CommandContext, options: Options): Promise<Outcome> {
  const estate = await context.estate();
  const chosen = chosenOf(estate, options.vendor);
  const states = options.state === true ? await statesOf(estate, chosen, context) : null;
  const rows = chosen.map((entry, index) => ({ ...summary(entry), ...stateSummary(states?.[index]) }));
  const headers = [
    'ID',
    'VENDOR',
    'KIND',
    'ACCOUNT',
    'TARGETS',
    'COPIES',
    ...(states === null ? [] : ['LAST ROTATED']),
  ];
  context.out.result(rows, [
    ...tableLines(
      headers,
      chosen.map((entry, index) => cells(entry, states?.[index])),
    ),
    `${chosen.length} credentials`,
  ]);
  return 'done';
}

function chosenOf(estate: Estate, vendor: string | undefined): readonly CredentialEntry[] {
  const all = [...estate.credentials.values()];
  if (vendor === undefined) return all;
  const chosen = all.filter((entry) => entry.vendor === vendor);
  if (chosen.length > 0) return chosen;
  const known = [...new Set(all.map((entry) => entry.vendor))].sort();
  throw new UsageError(
    `nothing is shared with the vendor "${vendor}"; relock.yaml names ${known.join(', ') || 'none'}`,
  );
}

/** One after the other per vault would be slow, all at once would be an attack. */
const statesAtOnce = 8;

async function statesOf(
  estate: Estate,
  entries: readonly CredentialEntry[],
  context: CommandContext,
): Promise<readonly Remembered[]> {
  const { default: pLimit } = await import('p-limit');
  const limit = pLimit(statesAtOnce);
  return limit.map(entries, (entry) => stateOf(estate, entry, context));
}

async function stateOf(estate: Estate, entry: CredentialEntry, context: CommandContext): Promise<Remembered> {
  const [primary] = entry.copies;
  const vault = primary === undefined ? undefined : estate.vaults.get(primary.vault);
  if (primary === undefined || vault === undefined) return { rotatedAt: null, open: false };
  const deadline = { ms: estate.timing.callMs, signal: context.signal, now: context.now };
  const subject = { driver: vault.driver, subject: formatSecretRef(primary) };
  const state = await withDeadline(deadline, subject, (call) => vault.state(primary.path, call));
  return { rotatedAt: state.rotatedAt, open: state.record !== null };
}

function summary(entry: CredentialEntry) {
  const { id, vendor, kind, account, targets, everyDays, owner, provenance } = entry;
  return {
    id,
    vendor,
    kind,
    account,
    targets,
    copies: entry.copies.map(formatSecretRef),
    everyDays,
    owner,
    provenance,
  };
}

function stateSummary(state: Remembered | undefined) {
  if (state === undefined) return {};
  return {
    rotatedAt: state.rotatedAt === null ? null : new Date(state.rotatedAt).toISOString(),
    rotationOpen: state.open,
  };
}

function cells(entry: CredentialEntry, state: Remembered | undefined): readonly string[] {
  const { id, vendor, kind, account } = entry;
  const lists = [shortList(entry.targets), shortList(entry.copies.map(formatSecretRef))];
  return [id, vendor, kind, account, ...lists, ...(state === undefined ? [] : [stateText(state)])];
}

function stateText({ rotatedAt, open }: Remembered): string {
  const last = rotatedAt === null ? 'not by relock' : new Date(rotatedAt).toISOString();
  return open ? `${last} (a rotation is open)` : last;
}

function shortList(items: readonly string[]): string {
  const shown = items.slice(0, 3).join(', ');
  return items.length > 3 ? `${shown} and ${items.length - 3} more` : shown;
}
