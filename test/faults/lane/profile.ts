import type { PhaseEvidence } from '../../../src/model/evidence.js';
import { type CampaignPolicy, campaignPolicies, type Profile, type ProfiledRequest } from '../cases/cases.js';
import type { Lane } from './lane.js';
import { wordFor } from './rotations.js';

/** Rotates without a fault; its evidence says in which phase each request was made. */
export async function profileOf(lane: Lane): Promise<readonly Profile[]> {
  const profiles: Profile[] = [];
  for (const policy of campaignPolicies) {
    const requests = await requestsOf(lane, policy);
    profiles.push({ estate: lane.kind.name, policy, requests, events: Object.keys(lane.estate.events) });
  }
  return profiles;
}

async function requestsOf(lane: Lane, policy: CampaignPolicy): Promise<readonly ProfiledRequest[]> {
  const seen: (Omit<ProfiledRequest, 'phase'> & { readonly at: number })[] = [];
  const { isVendors = false } = await lane.estate.reset();
  lane.wires.count(async (request) => {
    seen.push({ ...request, at: Date.now() });
    return 'pass';
  });
  await lane.rotations.start(policy);
  const end = await lane.rotations.end();
  lane.wires.passAll();
  if (end.kind !== 'ended' || wordFor(end) !== (isVendors ? 'replaced(adopted)' : 'rotated'))
    throw new Error(`${lane.kind.name}: without a fault it ended as ${JSON.stringify(end)}`);
  const phases = await lane.rotations.phases(end.result);
  return seen.map(({ at, ...request }) => ({ ...request, phase: phaseAt(phases, at) }));
}

/** The last that was reached by then; what comes before anything was heard belongs to the first. */
function phaseAt(phases: readonly PhaseEvidence[], at: number): string {
  return phases.filter(({ reachedAt }) => reachedAt <= at).at(-1)?.phase ?? 'opened';
}
