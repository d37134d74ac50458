import type { Millis } from './time.js';

/** Who makes the new value. */
export type Maker = 'generated' | 'issued' | 'supplied';

/** When the target stops accepting the old secret. `after` counts from the change. */
export type OldDies = 'now' | { readonly afterMs: Millis } | 'afterSecondChange' | 'onRetire';

/** Which generated secrets a target takes. Lengths in characters. */
export interface SecretPolicy {
  readonly minLength: number;
  readonly maxLength: number;
  /** Only this many leading characters count (DES crypt: 8). New and old must differ within them. Default: maxLength. */
  readonly significantLength: number;
  /** Every character that may occur. */
  readonly alphabet: string;
}

/**
 * What a driver can do, as data; planner, protocol and suites read it, nobody asks the driver's name.
 * It is part of the plan, so it must be JSON and must not depend on the moment.
 */
export interface Capabilities {
  /** Two secrets may be valid at once. Default false: the change itself kills the old one. */
  readonly overlap: boolean;
  readonly makers: readonly Maker[];
  /** The account may change its own secret. Default false: a management login is needed. */
  readonly selfChange: boolean;
  /** Changing needs a management login even where selfChange is true for others. */
  readonly managementChange: boolean;
  readonly oldDies: OldDies;
  /** How a change is undone: `capture` saves what revert needs, `change` sets the old secret again, `retire` removes the new one, `none` rolls forward only. */
  readonly undo: 'capture' | 'change' | 'retire' | 'none';
  /** Absent where the target makes the value. */
  readonly secretPolicy: SecretPolicy | null;
  /** How long after its deadline an effect may still appear. 0: the target answers only when it is done. */
  readonly settleMs: Millis;
  /** No answer to a probe is how this target refuses. Default false. Then `rotated` is impossible, the end is `replaced`. */
  readonly silenceIsRefusal: boolean;
  /** Refused logins after which the realm locks the account; null: it does not. At 2 or less the old secret is not probed. */
  readonly lockoutThreshold: number | null;
  /** `confirm` exists and is needed: a change is lost at reboot without it. */
  readonly confirms: boolean;
  /** A timed commit reverts by itself after this long without confirm; null: none. */
  readonly timedCommitMs: Millis | null;
  readonly endsSessions: boolean;
  readonly suspends: boolean;
  readonly enumerates: boolean;
}
