import type { Capabilities } from '../model/capabilities.js';
import type { KeyType } from '../model/kinds.js';
import type { Probed } from '../model/probe.js';
import type { Instant } from '../model/time.js';
import type { Secret } from '../secret/secret.js';
import type { CallContext, EffectContext } from './context.js';

/**
 * Who logs in to make a change. `management`: the target's stronger login. `self`: the account itself, with a secret
 * that it accepts now.
 */
export interface Login {
  readonly as: 'management' | 'self';
  readonly account: string;
  readonly secret: Secret;
}

export interface TargetFinding {
  readonly severity: 'error' | 'warning';
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** What a rotation would begin with. */
export interface Foreseen {
  /** The kind of key that it would make; null: it makes none, or nobody can tell. */
  readonly next: KeyType | null;
  /** What readers get; null: no vault holds one. */
  readonly present: Secret | null;
}

/**
 * One target × one credential kind. A driver keeps nothing in memory that a later call needs; every call may run in
 * another process. It never retries inside, throws `DriverError` and nothing else, and honours the context.
 *
 * A call with an effect returns only if the target said yes; else it throws with effect `none` (proved: nothing
 * changed and nothing will) or `unknown`. Said yes is not proof: the protocol probes.
 */
export interface TargetDriver {
  readonly capabilities: Capabilities;

  /**
   * What a dry run looks at: reachable, host key, management login and its rights, the account exists, and what a rotation
   * would begin with is taken. Whatever would make it end `untouched` and can be seen without an effect is an error here, in the
   * same words. Changes nothing, and refuses no login of the account.
   */
  check(
    account: string,
    via: Login | null,
    context: CallContext,
    foreseen?: Foreseen,
  ): Promise<readonly TargetFinding[]>;

  /**
   * One fresh login as the account, which changes nothing: never a retry, never a pooled session. Throws only `Bug`,
   * `Misconfigured` (such as a changed host key), `Unsupported`, and `Unreachable` with effect `none` where no connection was
   * made, so that no login was spent; everything else that the network does is `unknown`, and counts as a refusal where
   * refusals lock the account. Beside `barred` it says why, from a closed table of its own: never the target's text.
   */
  probe(account: string, secret: Secret, context: CallContext): Promise<Probed>;

  /**
   * What keeps the account from logging in here although its secret may be right, as the management login sees it: locked,
   * expired, not among those whom the server lets in, no connection left for it. In words for people, who can act on them;
   * null: nothing is known to. Changes nothing, and makes no login of the account. `check` reports the same words as an error.
   * Via `self`, with a secret that was accepted just now: what would make the account's own `change` refused, in the same words
   * as that. Throws what a failed login of it means.
   * Default: such things cannot be seen there.
   */
  obstacle?(account: string, via: Login, context: CallContext): Promise<string | null>;

  /**
   * Makes the target accept `next`. To what is already accepted: a no-op. Absent where the target makes the value.
   * `replacing` is the present value where one is known: a driver that keeps something beside the secret (the options
   * of a key's line) gives `next` the same.
   */
  change?(account: string, via: Login, next: Secret, context: EffectContext, replacing?: Secret): Promise<void>;

  /** The target makes a new value and tells it once (`issued`). After effect `unknown` an orphan slot may exist: `enumerate` finds it. */
  make?(account: string, via: Login, context: EffectContext): Promise<Secret>;

  /** Ids of all secrets that the account has (`issued`, keys). Public. */
  enumerate?(account: string, via: Login, context: CallContext): Promise<readonly string[]>;

  /** Removes one slot by its id. Absent: no-op. */
  dropSlot?(account: string, via: Login, slot: string, context: EffectContext): Promise<void>;

  /** What undo needs, taken before the first effect: a hash, a verifier, a key's line with options and place. */
  capture?(account: string, via: Login, current: Secret, context: CallContext): Promise<Secret>;

  /**
   * Puts back what `capture` took, replacing `next`, and saves it where `confirms`: a rotation may be undone after its
   * confirm, and nothing confirms an undo. Already there and saved: no-op.
   */
  revert?(account: string, via: Login, captured: Secret, next: Secret, context: EffectContext): Promise<void>;

  /** The target no longer accepts `old`; `current` stays. Throws `Bug` when they are equal. Already gone: no-op. */
  retire?(account: string, via: Login, old: Secret, current: Secret, context: EffectContext): Promise<void>;

  /** Saves the change, or confirms a timed commit, and re-reads it. */
  confirm?(account: string, via: Login, context: EffectContext): Promise<void>;

  /**
   * Ends sessions and tokens that the account opened before that moment, by the target's clock as well as it can be told.
   * One that is proven to come from a secret which works now may stay; one proven to come from a secret that is gone ends
   * whatever its age.
   */
  endSessions?(
    account: string,
    via: Login,
    started: { readonly before: Instant },
    context: EffectContext,
  ): Promise<void>;

  /** The account can log in with nothing until `reinstate`. Both: already so is a no-op. */
  suspend?(account: string, via: Login, context: EffectContext): Promise<void>;
  reinstate?(account: string, via: Login, context: EffectContext): Promise<void>;
}
