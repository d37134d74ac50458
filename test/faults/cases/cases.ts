import type { FailurePolicy } from '../../../src/model/policy.js';
import type { OutgoingRequest } from '../lane/wires.js';
import { commonFaults, type Fault } from './faults.js';
import { shuffled } from './random.js';

export type CampaignPolicy = Extract<FailurePolicy, 'restore' | 'forward'>;
export const campaignPolicies: readonly CampaignPolicy[] = ['restore', 'forward'];

/** One outgoing request of a rotation to which nothing happened. */
export interface ProfiledRequest extends OutgoingRequest {
  readonly phase: string;
}

/** What was seen of an estate before any fault. */
export interface Profile {
  readonly estate: string;
  readonly policy: CampaignPolicy;
  readonly requests: readonly ProfiledRequest[];
  readonly events: readonly string[];
}

/** One fault at one outgoing request. */
export interface Case {
  readonly estate: string;
  readonly policy: CampaignPolicy;
  readonly line: string;
  readonly request: number;
  /** Where that request stood in the rotation without a fault. */
  readonly phase: string;
  readonly name: string;
  readonly fault: Fault;
}

/** Every fault at every outgoing request. */
export function allCases(profiles: readonly Profile[]): readonly Case[] {
  return profiles.flatMap((profile) => profile.requests.flatMap((request) => casesAt(profile, request)));
}

function casesAt({ estate, policy, events }: Profile, { line, number, phase }: ProfiledRequest): readonly Case[] {
  const at = { estate, policy, line: line.id, request: number, phase };
  const common = Object.entries(commonFaults).filter(([, { on }]) => on?.(line) ?? true);
  return [
    ...common.map(([name, { fault }]) => ({ ...at, name, fault })),
    ...events.map((event) => ({ ...at, name: event, fault: { on: 'servers', event } as const })),
  ];
}

/** All of them in random order, such that a beginning of it has as much of each estate, phase and fault as of any other. */
export function inFairOrder(cases: readonly Case[], seed: number): readonly Case[] {
  const met = new Map<string, number>();
  return shuffled(cases, seed)
    .map((one) => {
      const cell = [one.estate, one.phase, one.name].join('\n');
      const turn = met.get(cell) ?? 0;
      met.set(cell, turn + 1);
      return { one, turn };
    })
    .sort((a, b) => a.turn - b.turn)
    .map(({ one }) => one);
}
