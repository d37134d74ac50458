import pLimit from 'p-limit';
import { allCases, type Case, inFairOrder, type Profile } from './cases/cases.js';
import type { EstateKind } from './estate.js';
import { Lane } from './lane/lane.js';
import { profileOf } from './lane/profile.js';
import type { Build } from './lane/relockPrograms.js';
import { type RunReport, runCase } from './run/runCase.js';

export interface CampaignOptions {
  readonly kinds: readonly EstateKind[];
  readonly build: Build;
  readonly seed: number;
  /** How many cases; null: all. */
  readonly sample: number | null;
  /** Estates under fire at once. */
  readonly parallel: number;
  /** No further run begins after this. */
  readonly until: number;
  readonly told: (line: string) => void;
  readonly onRun: (run: RunReport) => void;
}

/** A run that says nothing about relock: the checker could not tell, or its own servers failed. */
export interface Undecided {
  readonly case: Case;
  readonly why: string;
}

export interface CampaignResult {
  /** How many cases there are in all. */
  readonly cases: number;
  readonly runs: readonly RunReport[];
  readonly undecided: readonly Undecided[];
}

/** Every fault at every outgoing request of every estate, or a sample of them. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const campaign = new Campaign(options);
  const cases = allCases(await campaign.profiles());
  const chosen = inFairOrder(cases, options.seed).slice(0, options.sample ?? cases.length);
  options.told(`${cases.length} cases, ${chosen.length} of them chosen with seed ${options.seed}`);
  return { cases: cases.length, ...(await campaign.run(chosen)) };
}

/** So many runs on one set of servers; then they are made anew. */
const runsPerLane = 20;

class Campaign {
  readonly #options: CampaignOptions;
  readonly #runs: RunReport[] = [];
  readonly #undecided: Undecided[] = [];

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

  async run(chosen: readonly Case[]): Promise<Pick<CampaignResult, 'runs' | 'undecided'>> {
    await this.#each(turnsOf(chosen), async (cases) => {
      for (let rest = cases; rest.length > 0 && this.#isTime(); ) rest = await this.#runOnOneLane(rest);
    });
    return { runs: this.#runs, undecided: this.#undecided };
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

  async #runOne(lane: Lane, one: Case): Promise<boolean> {
    try {
      const run = await runCase(lane, one);
      this.#runs.push(run);
      this.#options.onRun(run);
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      this.#undecided.push({ case: one, why });
      this.#options.told(`undecided: ${one.estate}, ${one.name} at ${one.line} ${one.request}: ${why}`);
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
