import { minutesOf, timeOfDay } from '../../schedules/definition.js';
import { type Standing, standings, stateOf } from '../../schedules/standing.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { tableLines } from '../output.js';
import { withTemporal } from '../temporal/withTemporal.js';

/** What `relock schedule list` answers of each; stable for machines. */
interface Listed {
  readonly schedule: string;
  readonly state: ReturnType<typeof stateOf>;
  readonly wanted: boolean;
  readonly credentials: number;
  /** UTC; null: changed by hand. */
  readonly at: string | null;
  readonly note: string | null;
  readonly next: string | null;
  readonly last: string | null;
}

export function listSchedules(context: CommandContext): Promise<Outcome> {
  return withTemporal<Outcome>(context, async (client, ids) => {
    const listed = (await standings(client, await context.estate(), ids)).map(listedOf);
    const rows = listed.map((each) => [
      each.schedule,
      each.wanted ? each.state : `${each.state}, not in relock.yaml`,
      `${each.credentials}`,
      each.at ?? '',
      each.next ?? '',
      each.last ?? '',
      each.note ?? '',
    ]);
    context.out.result(listed, [
      ...tableLines(['SCHEDULE', 'STATE', 'CREDENTIALS', 'AT (UTC)', 'NEXT', 'LAST', 'NOTE'], rows),
      `${listed.length} schedules`,
    ]);
    return 'done';
  });
}

function listedOf(standing: Standing): Listed {
  const { name, wanted, found } = standing;
  const minutes = found === null ? null : minutesOf(found);
  return {
    schedule: name,
    state: stateOf(standing),
    wanted: wanted !== null,
    credentials: wanted?.credentials ?? 0,
    at: minutes === null ? null : timeOfDay(minutes),
    note: found?.state.note || null,
    next: found?.info.nextActionTimes[0]?.toISOString() ?? null,
    last: found?.info.recentActions.at(-1)?.takenAt.toISOString() ?? null,
  };
}
