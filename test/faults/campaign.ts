import pLimit from 'p-limit';
import { allCases, type Case, inFairOrder, type Profile } from './cases/cases.js';
import type { EstateKind } from './estate.js';
import { Lane } from './lane/lane.js';
import { profileOf } from './lane/profile.js';
import type { Build } from './lane/relockPrograms.js';
import type { RunLog } from './report/runLog.js';
import type { RunReport } from './report/runReport.js';
import { runCase } from './run/runCase.js';

export interface CampaignOptions {
  readonly kinds: readonly EstateKind[];
  readonly build: Build;
  /** Part of the name of the faults to try; empty: all of them. */
  readonly fault: string;
  readonly seed: number;
  /** How many cases; null: all. */
  readonly sample: number | null;
  /** Estates under fire at once. */
  readonly parallel: number;
  /** No further run begins after this. */
  readonly until: number;
  readonly log: RunLog;
  readonly told: (line: string) => void;
}

/** Every fault at every outgoing request of every estate, or a sample of them; what comes of it is in the log. */
export async function runCampaign(options: CampaignOptions): Promise<void> {
  const { log, seed, sample, told, fault } = options;
  const campaign = new Campaign(options);
  const cases = allCases(await campaign.profiles()).filter(({ name }) => name.includes(fault));
  log.add({ begun: { seed, cases: countedByEstate(cases) } });
  const chosen = inFairOrder(cases, seed).slice(0, sample ?? cases.length);
  told(`${cases.length} cases, ${chosen.length} of them chosen with seed ${seed}`);
  await campaign.run(chosen);
}

function countedByEstate(cases: readonly Case[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { estate } of cases) counts[estate] = (counts[estate] ?? 0) + 1;
  return counts;
}

/** So many runs on one set of servers; then they are made anew. */
const runsPerLane = 20;

class Campaign {
  readonly #options: CampaignOptions;

  constructor(options: CampaignOptions) {
    this.#options = options;
  }

  async profiles(): Promise<readonly Profile[]> {
    const found = await this.#each(this.#options.kinds, async (kind) => {
      const lane = await this.#lane(kind);
      try {
        const profiles = await profileOf(lane);
        for (const { policy, requests } of profiles)
          this.#options.told(`${kind.name}, ${policy}: ${requests.length} outgoing requests`);
        return profiles;
      } finally {
        await lane.stop();
      }
    });
    return found.flat();
  }

  async run(chosen: readonly Case[]): Promise<void> {
    await this.#each(turnsOf(chosen), async (cases) => {
      for (let rest = cases; rest.length > 0 && this.#isTime(); ) rest = await this.#runOnOneLane(rest);
    });
  }

  /** What is left when the servers have to be made anew. */
  async #runOnOneLane(cases: readonly Case[]): Promise<readonly Case[]> {
    const kind = this.#options.kinds.find(({ name }) => name === cases[0]?.estate);
    if (kind === undefined) throw new Error(`no estate ${cases[0]?.estate}`);
    const lane = await this.#lane(kind);
    try {
      for (const [index, one] of cases.entries()) {
        if (!this.#isTime()) return [];
        if (!(await this.#runOne(lane, one))) return cases.slice(index + 1);
      }
      return [];
    } finally {
      await lane.stop();
    }
  }

  /** false: nobody knows what the servers are like now. */
  async #runOne(lane: Lane, one: Case): Promise<boolean> {
    const { log, told } = this.#options;
    try {
      const run = await runCase(lane, one);
      log.add({ run });
      told(lineFor(run));
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      const undecided = `${one.estate}, ${one.policy}, ${one.name} at ${one.line} ${one.request}: ${why}`;
      log.add({ undecided });
      told(`undecided: ${undecided}`);
      return false;
    }
  }

  #lane(kind: EstateKind): Promise<Lane> {
    return Lane.start(kind, this.#options.build);
  }

  #isTime(): boolean {
    return Date.now() < this.#options.until;
  }

  #each<Item, Value>(items: readonly Item[], work: (item: Item) => Promise<Value>): Promise<Value[]> {
    return pLimit(this.#options.parallel).map(items, work);
  }
}

/** Cases of one estate together, as many as its servers are used for; estates take turns. */
function turnsOf(cases: readonly Case[]): readonly (readonly Case[])[] {
  const estates = [...new Set(cases.map(({ estate }) => estate))];
  const turns = estates
    .map((name) => cases.filter(({ estate }) => estate === name))
    .flatMap((own) =>
      Array.from({ length: Math.ceil(own.length / runsPerLane) }, (_, turn) => ({
        turn,
        cases: own.slice(turn * runsPerLane, (turn + 1) * runsPerLane),
      })),
    );
  return turns.sort((a, b) => a.turn - b.turn).map((one) => one.cases);
}

function lineFor({
  estate,
  policy,
  fault,
  line,
  request,
  phase,
  end,
  afterwards,
  violations,
  seconds,
}: RunReport): string {
  const met = `${fault} at ${line} ${request} (${phase ?? 'not met'})`;
  const after = afterwards.map((step) => `, then ${step}`).join('');
  const wrong = violations.map(({ invariant, what }) => `\n   VIOLATION ${invariant}: ${what}`).join('');
  return `${estate}, ${policy}, ${met}: ${end}${after}; ${seconds} s${wrong}`;
}
