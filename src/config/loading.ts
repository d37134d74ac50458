import type { DriverEnvironment } from '../contracts/registration.js';
import type { ProblemList } from './problemList.js';
import type { Registries } from './registries.js';

/** What every part of reading one relock.yaml shares. */
export interface Loading {
  readonly registries: Registries;
  readonly environment: DriverEnvironment;
  readonly problems: ProblemList;
}

/** A named entry: `null` where it is there but wrong, so that what refers to it is not called unknown as well. */
export type Named<Value> = ReadonlyMap<string, Value | null>;

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
