import { describe, expect, test } from 'vitest';
import type { Command, Observation } from '../../src/protocol/commands.js';
import type { RotationState } from '../../src/protocol/state.js';
import type { Profile } from '../harness/devices.js';
import type { Run, Scenario, Trouble } from './model/scenario.js';
import { type Bend, Simulation } from './model/simulation.js';

type Execute = (command: Command, state: RotationState) => Promise<Observation>;

/** A defect, put between the protocol and its hands: what it asks for is not what is done, or what is seen is not what was. */
function bend(change: (execute: Execute, command: Command, state: RotationState) => Promise<Observation>): Bend {
  return (interpreter) => ({
    ...interpreter,
    execute: (command, state) => change((next, known) => interpreter.execute(next, known), command, state),
  });
}

const here = 'here/d0/d0';

const mutations: Readonly<Record<string, Bend>> = {
  'readers get the new secret before it is verified': bend(async (execute, command, state) => {
    const isProof = command.do === 'probe' && command.version === state.record?.candidate;
    if (!isProof) return execute(command, state);
    const outcome = { ok: true, value: { answer: 'accepted', vantage: `here/${command.target}` } } as const;
    return { of: 'probe', command, outcome, at: state.now };
  }),
  'a candidate that was sent is forgotten': bend(async (execute, command, state) =>
    command.do === 'change' ? execute({ ...command, write: {} }, state) : execute(command, state),
  ),
  'an undo is not verified': bend(async (execute, command, state) => {
    if (command.do !== 'probe' || state.phase !== 'undo') return execute(command, state);
    const answer = command.version === state.record?.candidate ? 'rejected' : 'accepted';
    return { of: 'probe', command, outcome: { ok: true, value: { answer, vantage: here } }, at: state.now };
  }),
  'an unknown change counts as one that did not happen': bend(async (execute, command, state) => {
    const seen = await execute(command, state);
    if (seen.of !== 'change' || seen.outcome.ok) return seen;
    return { ...seen, outcome: { ...seen.outcome, effect: 'none' } };
  }),
  'every old secret counts as refused': bend(async (execute, command, state) => {
    const isOld = command.do === 'probe' && state.phase === 'retired' && command.version !== state.record?.candidate;
    if (!isOld) return execute(command, state);
    return {
      of: 'probe',
      command,
      outcome: { ok: true, value: { answer: 'rejected', vantage: `here/${command.target}/${command.target}` } },
      at: state.now,
    };
  }),
  'refusals are not written down before they are risked': bend(async (execute, command, state) =>
    command.do === 'probe' ? execute({ ...command, write: null }, state) : execute(command, state),
  ),
};

/** A scenario in which the defect shows, with one fault that is put at every call in turn. */
interface Sweep {
  readonly scenario: Scenario;
  readonly what: Trouble['what'];
  /** The same fault again after so many calls, twice. */
  readonly every?: number;
}

const quiet = { cancelAt: null, joinAt: null, intruderAt: null } as const;

function scenarioOf(profile: Profile, changes: Partial<Scenario> = {}): Scenario {
  return {
    devices: [{ profile, self: false }],
    issued: false,
    sharedRealm: false,
    copies: 1,
    drift: 'none',
    stragglers: false,
    runs: [{ start: 'rotate', policy: 'restore', ...quiet }],
    troubles: [],
    ...changes,
  };
}

const cancelled: Run = { start: 'rotate', policy: 'restore', ...quiet, cancelAt: 6 };

const sweeps: Readonly<Record<keyof typeof mutations, Sweep>> = {
  'readers get the new secret before it is verified': { scenario: scenarioOf('plain'), what: { kind: 'lied' } },
  'a candidate that was sent is forgotten': { scenario: scenarioOf('plain'), what: { kind: 'crashAfter' } },
  'an undo is not verified': { scenario: scenarioOf('plain', { runs: [cancelled] }), what: { kind: 'lied' } },
  // An order of which nothing was sent is given once more, so both must go unheard.
  'an unknown change counts as one that did not happen': {
    scenario: scenarioOf('plain'),
    what: { kind: 'deaf' },
    every: 7,
  },
  'every old secret counts as refused': { scenario: scenarioOf('keyFile'), what: { kind: 'lied' } },
  'refusals are not written down before they are risked': {
    scenario: scenarioOf('locks', { drift: 'device' }),
    what: { kind: 'crashAfter' },
    every: 4,
  },
};

/** Everything that goes wrong in the sweep. */
async function sweep({ scenario, what, every }: Sweep, mutation?: Bend): Promise<readonly string[]> {
  const problems: string[] = [];
  for (let at = 1; at <= 60; at += 1) {
    const again = every === undefined ? [] : [every, 2 * every, 3 * every].map((more) => ({ at: at + more, what }));
    const simulation = new Simulation({ ...scenario, troubles: [{ at, what }, ...again] }, mutation);
    const found = await simulation.play();
    problems.push(...found);
  }
  return problems;
}

describe('the model catches', () => {
  for (const [name, mutation] of Object.entries(mutations)) {
    test(name, async () => {
      const one = sweeps[name];
      if (one === undefined) throw new Error('no sweep shows this defect');
      expect(await sweep(one)).toEqual([]);
      expect(await sweep(one, mutation)).not.toEqual([]);
    });
  }
});
