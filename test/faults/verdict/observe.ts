import type { FaultEstate, KnownSecret, Login, Seen } from '../estate.js';
import { distinct } from './knownSecrets.js';

/** What one target did with every secret that the checker knows. */
export interface TargetSeen {
  readonly id: string;
  readonly accepted: readonly KnownSecret[];
  readonly refused: readonly KnownSecret[];
  /** How many secrets it accepts in all; null: it cannot tell. */
  readonly accepts: number | null;
}

export interface Observed {
  /** Readers got this before. */
  readonly old: KnownSecret;
  /** Set by people during the run. */
  readonly persons: readonly KnownSecret[];
  readonly vaults: Seen;
  readonly targets: readonly TargetSeen[];
}

/** The checker itself could not find out: nothing is said about relock. */
export class Undecided extends Error {}

/** Looks at everything with stock tools; every target is tried with every secret. */
export async function observe(
  estate: FaultEstate,
  old: KnownSecret,
  persons: readonly KnownSecret[],
): Promise<Observed> {
  const vaults = await estate.look();
  const inCopies = vaults.copies.filter((copy) => copy !== null);
  const secrets = distinct([old, ...persons, ...inCopies, ...vaults.held]);
  const targets: TargetSeen[] = [];
  for (const id of estate.targets) targets.push(await targetSeen(estate, id, secrets));
  return { old, persons, vaults, targets };
}

async function targetSeen(estate: FaultEstate, id: string, secrets: readonly KnownSecret[]): Promise<TargetSeen> {
  const logins: { secret: KnownSecret; answer: Login }[] = [];
  for (const secret of secrets) logins.push({ secret, answer: await loginAt(estate, id, secret) });
  const having = (wanted: Login) => logins.filter(({ answer }) => answer === wanted).map(({ secret }) => secret);
  return { id, accepted: having('accepted'), refused: having('refused'), accepts: await estate.accepts(id) };
}

const attempts = 5;

async function loginAt(estate: FaultEstate, id: string, secret: KnownSecret): Promise<Login> {
  for (let left = attempts; left > 0; left -= 1) {
    const answer = await estate.logIn(id, secret);
    if (answer !== 'unknown') return answer;
  }
  throw new Undecided(`${id} does not say whether it accepts ${secret.name}`);
}
