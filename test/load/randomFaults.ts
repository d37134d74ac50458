import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Faults, FaultyCall } from '../../src/decorate/faults.js';
import type { EstateLine } from './estateLine.js';
import { settleMs } from './loadSpec.js';

const kinds = ['refused', 'dropped', 'deaf', 'lied', 'hung', 'late', 'queued', 'lazy'] as const;
export type FaultKind = (typeof kinds)[number];

/** How long nothing is heard, or a hand sleeps: shorter and longer than a call may take. */
const delays = { leastMs: 50, mostMs: 2_000 };

/** Which fault a call meets, if any: each kind as often. */
export function faultFor(random: () => number, percentEach: number): Fault | null {
  const kind = kinds[Math.floor((random() * 100) / percentEach)];
  if (kind === undefined) return null;
  const forMs = Math.round(delays.leastMs + random() * (delays.mostMs - delays.leastMs));
  return isDelayed(kind) ? { kind, forMs } : { kind };
}

function isDelayed(kind: FaultKind): kind is 'hung' | 'late' | 'queued' | 'lazy' {
  return kind === 'hung' || kind === 'late' || kind === 'queued' || kind === 'lazy';
}

export interface RandomFaultsOptions {
  readonly line: EstateLine;
  readonly draw: () => Fault | null;
  readonly of: 'targets' | 'documents';
  readonly met: (kind: FaultKind, call: FaultyCall) => void;
}

/** Of the time in which a device settles the other half is for what the machine itself delays. */
const latestMs = settleMs / 2;

/** What a device does late it does while it settles; a hand that sleeps wakes up whenever it does, and so does a vault. */
export function randomFaults({ line, draw, of, met }: RandomFaultsOptions): Faults {
  return {
    before: async (call) => {
      const fault = draw();
      if (fault !== null) met(fault.kind, call);
      return fault;
    },
    after: async () => {},
    sleep: async (forMs) => {
      await sleep(forMs);
    },
    later: (_call, { kind, forMs }, act) => {
      const reached = kind !== 'late';
      const isBound = reached && of === 'targets';
      const ms = isBound ? Math.min(forMs, latestMs) : forMs;
      void line.later({ ms, reached, withinMs: isBound ? settleMs : null }, act);
    },
  };
}
