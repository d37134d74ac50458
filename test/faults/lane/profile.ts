import { type CampaignPolicy, campaignPolicies, type Profile, type ProfiledRequest } from '../cases/cases.js';
import type { Lane } from './lane.js';

/** Rotates without a fault; each request waits until the workflow has said in which phase it is. */
export async function profileOf(lane: Lane): Promise<readonly Profile[]> {
  const profiles: Profile[] = [];
  for (const policy of campaignPolicies) {
    const requests = await requestsOf(lane, policy);
    profiles.push({ estate: lane.kind.name, policy, requests, events: Object.keys(lane.estate.events) });
  }
  return profiles;
}

async function requestsOf(lane: Lane, policy: CampaignPolicy): Promise<readonly ProfiledRequest[]> {
  const requests: ProfiledRequest[] = [];
  await lane.estate.reset();
  lane.wires.count(async (request) => {
    requests.push({ ...request, phase: await lane.rotations.phase() });
    return 'pass';
  });
  await lane.rotations.start(policy);
  const end = await lane.rotations.end();
  lane.wires.passAll();
  if (end.kind !== 'ended' || end.result.state !== 'rotated')
    throw new Error(`${lane.kind.name}: without a fault it ended as ${JSON.stringify(end)}`);
  return requests;
}
