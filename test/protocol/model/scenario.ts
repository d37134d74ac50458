import fc from 'fast-check';
import type { Fault } from '../../../src/decorate/faults.js';
import type { FailurePolicy } from '../../../src/model/policy.js';
import { type Profile, profiles } from '../../harness/devices.js';

/** What happens at one call to a vault or a target, counted from the first. */
export interface Trouble {
  readonly at: number;
  readonly what:
    | Fault
    /** `down`: nobody listens there for a while; `barred`: somebody else closes the account for a while; `shut`: so that it looks like a wrong secret. */
    | { readonly kind: 'crash' | 'crashAfter' | 'restart' | 'down' | 'barred' | 'shut' }
    /** A person writes into the primary: something that works nowhere, what they set on every device too, or nothing. */
    | { readonly kind: 'personWrites' | 'personChanges' | 'personDeletes' }
    /** The first target's management credential is being rotated itself, for so long. */
    | { readonly kind: 'managementRotates'; readonly forMs: number };
}

export const sayings = ['cancel', 'join', 'promote', 'hold', 'consumersMoved'] as const;

/** What a person or an incident says, by the number of the command before which it is said. */
export interface Saying {
  readonly at: number;
  readonly what: (typeof sayings)[number];
}

/** Another process on the same credential, which does not know of the first. */
export interface Other {
  readonly at: number;
  readonly start: 'rotate' | 'recover';
  readonly policy: FailurePolicy;
  /** In which order their calls are made; null: the first one stands still until the other has come to its end. */
  readonly mix: number | null;
}

export interface Run {
  readonly start: 'rotate' | 'recover' | 'reinstate';
  readonly policy: FailurePolicy;
  readonly says: readonly Saying[];
  readonly other: Other | null;
}

export interface Scenario {
  readonly devices: readonly { readonly profile: Profile; readonly self: boolean }[];
  /** The target makes the secret; there is one, of a kind of its own. */
  readonly issued: boolean;
  readonly sharedRealm: boolean;
  readonly copies: number;
  /** Somebody changed the first device by hand, or the second copy says something else, or readers of the primary get nothing. */
  readonly drift: 'none' | 'device' | 'copy' | 'absent';
  /** relock.yaml asks for a first adoption. */
  readonly adopt: boolean;
  readonly stragglers: boolean;
  /** Somebody must say that the consumers have moved. */
  readonly consumers: boolean;
  /** The last device takes no new secret, by rules of its own, until everything is healed. */
  readonly refusing: boolean;
  /** Steps that follow one another are carried out by hands that die apart from the head. */
  readonly stretches: boolean;
  readonly runs: readonly Run[];
  readonly troubles: readonly Trouble[];
}

/** Who rotates undisturbed. */
export const alone: Pick<Run, 'says' | 'other'> = { says: [], other: null };

/** Played in every run, since chance finds their ways once in ten thousand: a head that was overtaken while it saved. */
export const rare: readonly Scenario[] = [
  {
    devices: [
      { profile: 'saves', self: false },
      { profile: 'locksAtOnce', self: false },
    ],
    issued: false,
    sharedRealm: true,
    copies: 1,
    drift: 'none',
    adopt: false,
    stragglers: false,
    consumers: false,
    refusing: false,
    stretches: false,
    runs: [
      {
        start: 'rotate',
        policy: 'restore',
        says: [],
        other: { at: 7, start: 'recover', policy: 'restore', mix: null },
      },
    ],
    troubles: [],
  },
];

const profileNames = Object.keys(profiles).filter(isProfile);

function isProfile(name: string): name is Profile {
  return Object.hasOwn(profiles, name);
}

const delays = fc.constantFrom(1_000, 10_000, 25_000, 60_000, 400_000);

const what: fc.Arbitrary<Trouble['what']> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('refused' as const, 'dropped', 'deaf', 'lied') }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('hung' as const, 'late', 'queued', 'lazy'), forMs: delays }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'crashAfter') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'restart' as const,
        'down',
        'barred',
        'shut',
        'personWrites',
        'personChanges',
        'personDeletes',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('managementRotates' as const), forMs: delays }) },
);

const policies = fc.constantFrom<FailurePolicy>('restore', 'forward', 'disable');

const moment = fc.nat({ max: 20 });

const other: fc.Arbitrary<Other> = fc.record({
  at: moment,
  start: fc.constantFrom('rotate' as const, 'rotate' as const, 'recover' as const),
  policy: policies,
  mix: fc.option(fc.nat(), { nil: null, freq: 2 }),
});

const run: fc.Arbitrary<Run> = fc.record({
  start: fc.constantFrom(
    'rotate' as const,
    'rotate' as const,
    'rotate' as const,
    'recover' as const,
    'reinstate' as const,
  ),
  policy: policies,
  says: fc.array(fc.record({ at: moment, what: fc.constantFrom(...sayings, 'cancel' as const, 'join' as const) }), {
    maxLength: 3,
  }),
  other: fc.option(other, { nil: null, freq: 2 }),
});

const seldom = fc.constantFrom(false, false, false, true);

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  devices: fc.array(fc.record({ profile: fc.constantFrom(...profileNames), self: seldom }), {
    minLength: 1,
    maxLength: 3,
  }),
  issued: seldom,
  sharedRealm: fc.boolean(),
  copies: fc.integer({ min: 1, max: 3 }),
  drift: fc.constantFrom('none' as const, 'none', 'none', 'device', 'copy', 'absent'),
  adopt: seldom,
  stragglers: fc.boolean(),
  consumers: seldom,
  refusing: seldom,
  stretches: fc.boolean(),
  runs: fc.array(run, { minLength: 1, maxLength: 3 }),
  troubles: fc.array(fc.record({ at: fc.nat({ max: 220 }), what }), { maxLength: 6 }),
});
