/** What one way to do the work took. Times in seconds. */
export interface Lane {
  readonly name: string;
  readonly credentials: number;
  readonly seconds: number;
  /** From the start of the run until each old secret was seen refused, ascending. */
  readonly refusedAfter: readonly number[];
  /** How long a reader of the vault got a secret that was dead already, ascending; null: there is no vault. */
  readonly deadFor: readonly number[] | null;
  /** Processor seconds, by what used them. */
  readonly cpu: Readonly<Record<string, number>>;
}

export function perSecond({ credentials, seconds }: Pick<Lane, 'credentials' | 'seconds'>): number {
  return credentials / seconds;
}

/** Of ascending values; NaN of none. */
export function percentile(ascending: readonly number[], percent: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor((ascending.length * percent) / 100))] ?? Number.NaN;
}

export function ascending(values: readonly number[]): readonly number[] {
  return [...values].sort((one, other) => one - other);
}

export function median(values: readonly number[]): number {
  return percentile(ascending(values), 50);
}

export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
