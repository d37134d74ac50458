import fc from 'fast-check';
import type { Fault } from '../../../src/decorate/faults.js';
import type { FailurePolicy } from '../../../src/model/policy.js';
import { type Profile, profiles } from '../../harness/devices.js';

/** What happens at one call to a vault or a target, counted from the first. */
export interface Trouble {
  readonly at: number;
  readonly what:
    | Fault
    | { readonly kind: 'crash' | 'crashAfter' | 'restart' | 'down' }
    /** A person writes into the primary: something that works nowhere, what they set on every device too, or nothing. */
    | { readonly kind: 'personWrites' | 'personChanges' | 'personDeletes' };
}

export interface Run {
  readonly start: 'rotate' | 'recover';
  readonly policy: FailurePolicy;
  /** By the number of the command before which it is said. */
  readonly cancelAt: number | null;
  readonly joinAt: number | null;
  /** Another rotation is started by somebody who does not know of this one, and runs to its end meanwhile. */
  readonly intruderAt: number | null;
}

export interface Scenario {
  readonly devices: readonly { readonly profile: Profile; readonly self: boolean }[];
  /** The target makes the secret; there is one, of a kind of its own. */
  readonly issued: boolean;
  readonly sharedRealm: boolean;
  readonly copies: number;
  /** Somebody changed the first device by hand, or the second copy says something else. */
  readonly drift: 'none' | 'device' | 'copy';
  readonly stragglers: boolean;
  readonly runs: readonly Run[];
  readonly troubles: readonly Trouble[];
}

const profileNames = Object.keys(profiles).filter(isProfile);

function isProfile(name: string): name is Profile {
  return Object.hasOwn(profiles, name);
}

const delays = fc.constantFrom(1_000, 10_000, 25_000, 60_000, 400_000);

const what: fc.Arbitrary<Trouble['what']> = fc.oneof(
  fc.record({ kind: fc.constantFrom('refused' as const, 'dropped' as const, 'deaf' as const, 'lied' as const) }),
  fc.record({
    kind: fc.constantFrom('hung' as const, 'late' as const, 'queued' as const, 'lazy' as const),
    forMs: delays,
  }),
  fc.record({ kind: fc.constantFrom('crash' as const, 'crashAfter' as const) }),
  fc.record({
    kind: fc.constantFrom(
      'restart' as const,
      'down' as const,
      'personWrites' as const,
      'personChanges' as const,
      'personDeletes' as const,
    ),
  }),
);

const moment = fc.option(fc.nat({ max: 20 }), { nil: null, freq: 2 });

const run: fc.Arbitrary<Run> = fc.record({
  start: fc.constantFrom('rotate' as const, 'rotate' as const, 'recover' as const),
  policy: fc.constantFrom('restore' as const, 'forward' as const, 'disable' as const),
  cancelAt: moment,
  joinAt: moment,
  intruderAt: moment,
});

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  devices: fc.array(fc.record({ profile: fc.constantFrom(...profileNames), self: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  }),
  issued: fc.boolean().map((yes) => yes),
  sharedRealm: fc.boolean(),
  copies: fc.integer({ min: 1, max: 3 }),
  drift: fc.constantFrom('none' as const, 'none' as const, 'device' as const, 'copy' as const),
  stragglers: fc.boolean(),
  runs: fc.array(run, { minLength: 1, maxLength: 3 }),
  troubles: fc.array(fc.record({ at: fc.nat({ max: 220 }), what }), { maxLength: 6 }),
});
