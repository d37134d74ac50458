import { printableKey } from '../../codec/sealed.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { formatTable } from '../table.js';
import { keyRingPlace, requiredKeyRing } from '../temporal/keyRing.js';
import { keyStanding, type Standing } from './standing.js';

export async function listKeys(context: CommandContext): Promise<Outcome> {
  const ring = await requiredKeyRing(context);
  const standing = await keyStanding(context, ring);
  const { file } = await keyRingPlace(context);
  context.out.result({ file, ...standing }, [file, ...linesOf(standing)]);
  return standing.missing.length === 0 ? 'done' : 'failed';
}

function linesOf({ keys, workers, missing }: Standing): readonly string[] {
  const rows = keys.map(({ name, encrypts, workers: having, neededBy }) => [
    name,
    encrypts ? 'yes' : 'no',
    `${having} of ${workers}`,
    `${neededBy}`,
  ]);
  const lost = missing.map(
    (name) =>
      `the key ${printableKey(name)} is needed and is not here: what it encrypted cannot be read. Add its line to the file`,
  );
  return [...formatTable(['KEY', 'ENCRYPTS', 'WORKERS', 'NEEDED BY'], rows), ...lost];
}
