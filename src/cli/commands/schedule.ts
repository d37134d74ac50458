import { type Command, InvalidArgumentError, Option } from 'commander';
import { type PauseNote, pauseNotes } from '../../model/schedule.js';
import type { Cli, Register } from '../command.js';
import type { ApplyOptions } from '../schedule/apply.js';

/** Rotations between incidents; the heavy parts are loaded when a command runs. */
export const register: Register = (program, cli) => {
  const schedule = program.command('schedule').description('rotate on a schedule what has `everyDays` in relock.yaml');
  registerApply(schedule, cli);
  registerPauses(schedule, cli);
  schedule
    .command('list')
    .description('schedules as relock.yaml wants them and as Temporal has them')
    .action(
      cli.action(async (context) => {
        const { listSchedules } = await import('../schedule/list.js');
        return listSchedules(context);
      }),
    );
  schedule
    .command('run')
    .argument('<schedule>', 'vendor/days, such as itron/30')
    .option('--no-wait', 'return as soon as it has begun')
    .description('look now what is due, and rotate it')
    .action(
      cli.action(async (context, given: string, { wait }: { wait: boolean }) => {
        const { runSchedule } = await import('../schedule/runNow.js');
        return runSchedule(context, given, wait);
      }),
    );
};

function registerApply(schedule: Command, cli: Cli): void {
  schedule
    .command('apply')
    .description("make Temporal's schedules those of relock.yaml: one for each vendor and interval; shows what changes")
    .option('--at <hh:mm>', 'when they look what is due, UTC; by default as they are, new ones at 02:00', timeOf)
    .option('--dry-run', 'only show what would change')
    .action(
      cli.action(async (context, options: ApplyOptions) => {
        const { applySchedules } = await import('../schedule/apply.js');
        return applySchedules(context, options);
      }),
    );
}

function timeOf(text: string): number {
  const [, hours = '', minutes = ''] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hours === '') throw new InvalidArgumentError('expected a time of day such as 02:00');
  return Number(hours) * 60 + Number(minutes);
}

function registerPauses(schedule: Command, cli: Cli): void {
  schedule
    .command('pause')
    .argument('<schedule>', 'vendor/days, such as itron/30')
    .addOption(
      new Option('--because <reason>', 'kept with the schedule, in clear')
        .choices(Object.keys(pauseNotes))
        .makeOptionMandatory(),
    )
    .description('begin no further look; what is under way goes on')
    .action(
      cli.action(async (context, given: string, { because }: { because: PauseNote }) => {
        const { pauseSchedule } = await import('../schedule/pause.js');
        return pauseSchedule(context, given, because);
      }),
    );
  schedule
    .command('resume')
    .argument('<schedule>', 'vendor/days, such as itron/30')
    .description('look again, from the next time on')
    .action(
      cli.action(async (context, given: string) => {
        const { resumeSchedule } = await import('../schedule/pause.js');
        return resumeSchedule(context, given);
      }),
    );
}
