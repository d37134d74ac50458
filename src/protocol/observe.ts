import type { Instant } from '../model/time.js';
import type { Command, CommandName, CommandOf, Failure, Observation, Outcome, Results } from './commands.js';

/** One interpreter's way to carry out each command. They never throw what the protocol should know. */
export type Hands = {
  readonly [Name in CommandName]: (command: CommandOf<Name>) => Promise<Outcome<Results[Name]>>;
};

/** Hands that do nothing, and say why. */
export function failing(failure: Failure): Hands {
  const fail = async () => ({ ok: false, ...failure }) as const;
  return {
    open: fail,
    probe: fail,
    stage: fail,
    capture: fail,
    change: fail,
    revert: fail,
    confirm: fail,
    retire: fail,
    endSessions: fail,
    suspend: fail,
    promote: fail,
    note: fail,
    finish: fail,
    wait: fail,
  };
}

/** Carries out one command by these hands, and pairs it with what came of it. */
export async function observe(command: Command, hands: Hands, now: () => Instant): Promise<Observation> {
  switch (command.do) {
    case 'open':
      return { of: 'open', command, outcome: await hands.open(command), at: now() };
    case 'probe':
      return { of: 'probe', command, outcome: await hands.probe(command), at: now() };
    case 'stage':
      return { of: 'stage', command, outcome: await hands.stage(command), at: now() };
    case 'capture':
      return { of: 'capture', command, outcome: await hands.capture(command), at: now() };
    case 'change':
      return { of: 'change', command, outcome: await hands.change(command), at: now() };
    case 'revert':
      return { of: 'revert', command, outcome: await hands.revert(command), at: now() };
    case 'confirm':
      return { of: 'confirm', command, outcome: await hands.confirm(command), at: now() };
    case 'retire':
      return { of: 'retire', command, outcome: await hands.retire(command), at: now() };
    case 'endSessions':
      return { of: 'endSessions', command, outcome: await hands.endSessions(command), at: now() };
    case 'suspend':
      return { of: 'suspend', command, outcome: await hands.suspend(command), at: now() };
    case 'promote':
      return { of: 'promote', command, outcome: await hands.promote(command), at: now() };
    case 'note':
      return { of: 'note', command, outcome: await hands.note(command), at: now() };
    case 'wait':
      return { of: 'wait', command, outcome: await hands.wait(command), at: now() };
    case 'finish':
      return { of: 'finish', command, outcome: await hands.finish(command), at: now() };
  }
}
