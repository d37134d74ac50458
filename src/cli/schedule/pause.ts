import { type PauseNote, pauseNotes } from '../../model/schedule.js';
import type { CommandContext } from '../command.js';
import type { Outcome } from '../exitCodes.js';
import { withTemporal } from '../temporal/withTemporal.js';
import { chosenSchedule } from './chosenSchedule.js';

export function pauseSchedule(context: CommandContext, given: string, because: PauseNote): Promise<Outcome> {
  return withTemporal<Outcome>(context, async (client, ids) => {
    const { name, handle } = await chosenSchedule(client, ids, given);
    await handle.pause(because);
    context.out.result({ schedule: name, state: 'paused', note: because }, [
      `${name} is paused: ${pauseNotes[because]}; what is under way goes on. relock check is red until: relock schedule resume ${shortOf(name)}`,
    ]);
    return 'done';
  });
}

export function resumeSchedule(context: CommandContext, given: string): Promise<Outcome> {
  return withTemporal<Outcome>(context, async (client, ids) => {
    const { name, handle } = await chosenSchedule(client, ids, given);
    await handle.unpause('resumed');
    const next = (await handle.describe()).info.nextActionTimes[0]?.toISOString() ?? 'unknown';
    context.out.result({ schedule: name, state: 'active', next }, [`${name} goes on; it looks next at ${next}`]);
    return 'done';
  });
}

function shortOf(name: string): string {
  return name.replace(/^due\//, '').replace(/d$/, '');
}
