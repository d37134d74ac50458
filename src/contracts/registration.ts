import type { z } from 'zod';
import type { Capabilities } from '../model/capabilities.js';
import type { CopyShapes } from '../model/copyShape.js';
import type { CredentialKind } from '../model/kinds.js';
import type { TargetId } from '../model/record.js';
import type { Instant } from '../model/time.js';
import type { ArtifactStore } from './artifactStore.js';
import type { CallContext } from './context.js';
import type { TargetDriver } from './targetDriver.js';
import type { VaultBackend } from './vaultBackend.js';

/** What every driver may ask of the process it runs in. */
export interface DriverEnvironment {
  readonly now: () => Instant;
  /** The folder of relock.yaml: relative paths of settings start here. */
  readonly baseDirectory: string;
  /** Names the environment variables that hold relock's own logins; only where a setting says so (`tokenEnv`). */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Settings of one target type, bound to one entry of relock.yaml. */
export interface BoundTarget {
  readonly id: TargetId;
  /** What limits and refusals are counted against: host and port of the device. */
  readonly host: string;
  /** The authority that counts refused logins of an account; the target itself by default. */
  readonly realm: string;
  readonly kinds: readonly CredentialKind[];
  capabilities(kind: CredentialKind): Capabilities;
  /** What an account name must look like there: null when it is fine, else what was expected. */
  accountProblem(kind: CredentialKind, account: string): string | null;
  driver(kind: CredentialKind): TargetDriver;
}

export interface KindDriver<Settings> {
  capabilities(settings: Settings): Capabilities;
  accountProblem(account: string): string | null;
  create(target: { readonly id: TargetId; readonly settings: Settings }, environment: DriverEnvironment): TargetDriver;
}

/** How `relock pin` learns what identifies a server, on first use. */
export interface PinSource<Settings> {
  /** The setting that holds the pin, such as `hostKey`. */
  readonly setting: string;
  /** Has the right form and is no server's: an entry without a pin is read with it. */
  readonly placeholder: string;
  /** What the server shows. Nothing proves whose server that is. Throws `DriverError`. */
  fetch(
    target: { readonly id: TargetId; readonly settings: Settings },
    environment: DriverEnvironment,
    context: CallContext,
  ): Promise<string>;
}

/** One target type of relock.yaml, such as `linux`. Its folder's `driver.ts` exports it as `targetType`. */
export interface TargetType<Schema extends z.ZodType = z.ZodType> {
  readonly type: string;
  /** The entry's own keys in relock.yaml, beside `type`, `zone` and `management`. Unknown keys are errors. */
  readonly settings: Schema;
  /** An entry as a person would write it; part of docs/drivers.md, and held against the schema by a test. */
  readonly example: z.input<Schema>;
  readonly kinds: Partial<Record<CredentialKind, KindDriver<z.output<Schema>>>>;
  host(settings: z.output<Schema>): string;
  /** Absent: nothing is pinned there. */
  readonly pin?: PinSource<z.output<Schema>>;
  /** Default: the target's id. */
  realm?(settings: z.output<Schema>): string;
}

/** One vault type of relock.yaml. Its folder's `driver.ts` exports it as `vaultType`. */
export interface VaultType<Schema extends z.ZodType = z.ZodType> {
  /** `openbao` and `vault` name the same driver. */
  readonly names: readonly string[];
  readonly settings: Schema;
  /** An entry as a person would write it; part of docs/drivers.md, and held against the schema by a test. */
  readonly example: z.input<Schema>;
  /** `shapes`: how secrets lie there that are not as relock would write them. */
  create(settings: z.output<Schema>, environment: DriverEnvironment, shapes: CopyShapes): VaultBackend;
  /** A whole value may be plain text; else it is always named fields. */
  readonly keepsText: boolean;
  /** Only this host can reach it: refused together with zones. */
  readonly singleHost: boolean;
}

/** One artifact store of relock.yaml. Its folder's `driver.ts` exports it as `artifactType`. */
export interface ArtifactType<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly settings: Schema;
  /** An entry as a person would write it; part of docs/drivers.md, and held against the schema by a test. */
  readonly example: z.input<Schema>;
  create(settings: z.output<Schema>, environment: DriverEnvironment): ArtifactStore;
  readonly singleHost: boolean;
}
