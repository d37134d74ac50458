import { describe, expect, test } from 'vitest';
import { dropVersion, type LedgerDocument } from '../../src/ledger/document.js';
import { decodeDocument, encodeDocument } from '../../src/ledger/documentFormat.js';
import { anyHead } from '../../src/model/record.js';
import type { Command, Observation } from '../../src/protocol/commands.js';
import { oldsAt, type RotationState } from '../../src/protocol/state.js';
import type { Profile } from '../harness/devices.js';
import { account, type MemoryEstate, path } from '../harness/memoryEstate.js';
import { alone, type Run, type Scenario, type Trouble } from './model/scenario.js';
import { type Bend, Simulation } from './model/simulation.js';

type Execute = (command: Command, state: RotationState) => Promise<Observation>;

interface Moment {
  readonly execute: Execute;
  readonly command: Command;
  readonly state: RotationState;
  readonly world: MemoryEstate;
}

/** A defect, put between the protocol and its hands: what it asks for is not what is done, or what is seen is not what was. */
function bend(change: (moment: Moment) => Promise<Observation>): Bend {
  return (interpreter, world) => ({
    ...interpreter,
    execute: (command, state) =>
      change({ execute: (next, known) => interpreter.execute(next, known), command, state, world }),
  });
}

function answered(command: Command, state: RotationState, answer: 'accepted' | 'rejected'): Observation {
  if (command.do !== 'probe') throw new TypeError(`${command.do} has no answer`);
  const vantage = `here/${command.target}/${command.target}`;
  return { of: 'probe', command, outcome: { ok: true, value: { answer, vantage } }, at: state.now };
}

/** A hand that does not look at what readers get. */
async function retireBlindly(world: MemoryEstate, state: RotationState): Promise<void> {
  const readers = await world.readersGet(world.primary);
  if (readers === null) return;
  for (const id of Object.keys(state.targets)) {
    world.listener?.retiring(id, readers);
    world.device(id).retire(account, readers);
  }
}

/** What nobody may do: relock's document is written past the ledger. */
async function tamper(world: MemoryEstate, change: (document: LedgerDocument) => LedgerDocument): Promise<void> {
  const documents = world.documents.get(world.primary);
  if (documents === undefined) return;
  const { content, revision } = await documents.read('relock', path);
  if (content === null) return;
  await documents.write('relock', path, encodeDocument(change(decodeDocument(content))), revision);
}

function forgetCandidate(world: MemoryEstate, version: string): Promise<void> {
  return tamper(world, (document) => dropVersion(document, version));
}

/** Whoever opened the record before goes on as well. */
function openToAll(world: MemoryEstate): Promise<void> {
  return tamper(world, ({ record, ...document }) => ({
    ...document,
    record: record === null ? null : { ...record, head: anyHead, pastHeads: [] },
  }));
}

function revertCommand(state: RotationState): Command | null {
  const target = Object.keys(state.targets)[0];
  const version = target === undefined ? null : (state.targets[target]?.working ?? null);
  if (target === undefined || version === null) return null;
  const notAfter = state.now + 30_000;
  return { do: 'revert', target, version, login: { as: 'management' }, notAfter, write: { effectsNotAfter: notAfter } };
}

/** A scenario in which the defect shows, with one fault that is put at every call in turn. */
interface Defect {
  readonly mutation: Bend;
  readonly scenario: Scenario;
  readonly what: Trouble['what'];
  /** The same fault again after so many calls, three times. */
  readonly every?: number;
  /** What the checker says; any problem will not do. */
  readonly caught: RegExp;
}

function scenarioOf(profile: Profile, changes: Partial<Scenario> = {}): Scenario {
  return {
    devices: [{ profile, self: false }],
    issued: false,
    sharedRealm: false,
    copies: 1,
    drift: 'none',
    adopt: false,
    stragglers: false,
    consumers: false,
    stretches: false,
    refusing: false,
    runs: [rotation('restore')],
    troubles: [],
    ...changes,
  };
}

function rotation(policy: Run['policy'], says: Run['says'] = []): Run {
  return { ...alone, start: 'rotate', policy, says };
}

const cancelled = rotation('restore', [{ at: 6, what: 'cancel' }]);

const defects: Readonly<Record<string, Defect>> = {
  'promote before verify: readers get what no login has proven': {
    mutation: bend(async ({ execute, command, state }) =>
      command.do === 'probe' && command.version === state.record?.candidate
        ? answered(command, state, 'accepted')
        : execute(command, state),
    ),
    scenario: scenarioOf('plain'),
    what: { kind: 'lied' },
    caught: /^I2/,
  },
  'effects are not written down before they are ordered': {
    mutation: bend(async ({ execute, command, state }) =>
      command.do === 'change' ? execute({ ...command, write: {} }, state) : execute(command, state),
    ),
    scenario: scenarioOf('plain'),
    what: { kind: 'crashAfter' },
    caught: /^(I1|rotated|untouched|closed)/,
  },
  'an undo is not verified': {
    mutation: bend(async ({ execute, command, state }) =>
      command.do === 'probe' && state.phase === 'undo'
        ? answered(command, state, command.version === state.record?.candidate ? 'rejected' : 'accepted')
        : execute(command, state),
    ),
    scenario: scenarioOf('plain', { runs: [cancelled] }),
    what: { kind: 'lied' },
    caught: /^(closed as )?(rolledBack|untouched)/,
  },
  'undo is registered after its step': {
    mutation: bend(async ({ execute, command, state }) => {
      if (command.do === 'capture' && state.record !== null) {
        const record = { ...state.record, captures: { [command.target]: `capture-later-${command.target}` } };
        return { of: 'capture', command, outcome: { ok: true, value: { record } }, at: state.now };
      }
      return execute(command, state);
    }),
    scenario: scenarioOf('plain'),
    what: { kind: 'crashAfter' },
    caught: /^undo/,
  },
  'an unknown change counts as one that did not happen': {
    mutation: bend(async ({ execute, command, state }) => {
      const seen = await execute(command, state);
      if (seen.of !== 'change' || seen.outcome.ok) return seen;
      return { ...seen, outcome: { ...seen.outcome, effect: 'none' } };
    }),
    scenario: scenarioOf('plain'),
    what: { kind: 'deaf' },
    // An order of which nothing was sent is given once more, so both must go unheard.
    every: 7,
    caught: /./,
  },
  'an unknown change is tried again with a fresh candidate': {
    mutation: bend(async ({ execute, command, state, world }) => {
      const seen = await execute(command, state);
      if (seen.of !== 'change' || seen.outcome.ok || seen.outcome.effect === 'none') return seen;
      const fresh = world.value('fresh');
      world.listener?.given(seen.command.target, fresh);
      world.device(seen.command.target).change(account, fresh);
      return seen;
    }),
    scenario: scenarioOf('plain'),
    what: { kind: 'deaf' },
    caught: /^I1/,
  },
  'a candidate that was sent is forgotten when it ends untouched or rolled back': {
    mutation: bend(async ({ execute, command, state, world }) => {
      const seen = await execute(command, state);
      const isBack = command.do === 'finish' && (command.end === 'rolledBack' || command.end === 'untouched');
      if (isBack) await forgetCandidate(world, state.record?.candidate ?? '');
      return seen;
    }),
    scenario: scenarioOf('plain', { runs: [cancelled, rotation('restore')] }),
    what: { kind: 'dropped' },
    caught: /^I1: .*sent is not held|^I1/,
  },
  'hands that wake late act all the same': {
    mutation: (interpreter, world) => {
      world.heedsDeadlines = false;
      return interpreter;
    },
    scenario: scenarioOf('plain', { runs: [cancelled] }),
    what: { kind: 'late', forMs: 400_000 },
    caught: /./,
  },
  'the old one is retired before readers get the new one': {
    mutation: bend(async ({ execute, command, state, world }) => {
      if (command.do === 'promote') await retireBlindly(world, state);
      return execute(command, state);
    }),
    scenario: scenarioOf('keyFile'),
    what: { kind: 'hung', forMs: 1_000 },
    caught: /^I4/,
  },
  'the record goes before the old one is proven dead': {
    mutation: bend(async ({ execute, command, state }) => {
      const seen = await execute(command, state);
      if (seen.of !== 'promote' || !seen.outcome.ok || seen.outcome.value.stranger !== null) return seen;
      await execute({ do: 'finish', end: 'rotated', gone: [], refusals: {} }, state);
      return seen;
    }),
    scenario: scenarioOf('keyFile'),
    what: { kind: 'hung', forMs: 1_000 },
    caught: /^closed as rotated/,
  },
  'old versions are called gone before anybody looked': {
    mutation: bend(async ({ execute, command, state }) => {
      const seen = await execute(command, state);
      if (seen.of !== 'promote' || !seen.outcome.ok || seen.outcome.value.stranger !== null) return seen;
      const targets = Object.keys(state.targets);
      const gone = targets.flatMap((id) => oldsAt(state, id)).map((version) => ({ version, targets }));
      await execute({ do: 'note', write: { goneFrom: gone } }, state);
      await execute({ do: 'finish', end: 'replaced', gone, refusals: {} }, state);
      return seen;
    }),
    scenario: scenarioOf('keyFile'),
    what: { kind: 'hung', forMs: 1_000 },
    caught: /^I1/,
  },
  'a secondary copy is promoted before the primary': {
    mutation: bend(async ({ execute, command, state }) => {
      const [primary, second] = state.order.plan.copies;
      if (command.do === 'promote' && command.copy === primary && second !== undefined)
        await execute({ ...command, copy: second }, state);
      return execute(command, state);
    }),
    scenario: scenarioOf('plain', { copies: 2 }),
    what: { kind: 'hung', forMs: 1_000 },
    caught: /^copies/,
  },
  'every old secret counts as refused': {
    mutation: bend(async ({ execute, command, state }) => {
      const isOld = command.do === 'probe' && state.phase === 'retired' && command.version !== state.record?.candidate;
      return isOld ? answered(command, state, 'rejected') : execute(command, state);
    }),
    scenario: scenarioOf('keyFile'),
    what: { kind: 'lied' },
    caught: /^closed as rotated/,
  },
  'a refusal without a control counts as proof': {
    mutation: bend(async ({ execute, command, state }) => {
      const seen = await execute(command, state);
      if (seen.of !== 'probe' || state.phase !== 'checked' || !seen.outcome.ok) return seen;
      return seen.outcome.value.answer === 'rejected' ? answered(command, state, 'accepted') : seen;
    }),
    scenario: scenarioOf('plain', { drift: 'device', runs: [rotation('forward')] }),
    what: { kind: 'hung', forMs: 1_000 },
    caught: /beside a control/,
  },
  'a refusal counts before the new secret was accepted after it': {
    mutation: bend(async ({ execute, command, state }) => {
      const isControl =
        command.do === 'probe' && state.phase === 'retired' && command.version === state.record?.candidate;
      return isControl ? answered(command, state, 'accepted') : execute(command, state);
    }),
    scenario: scenarioOf('plain'),
    what: { kind: 'hung', forMs: 1_000 },
    caught: /beside a control/,
  },
  'an incident puts the old secret back': {
    mutation: bend(async ({ execute, command, state }) => {
      const revert = command.do === 'promote' && state.policy === 'forward' ? revertCommand(state) : null;
      if (revert !== null) await execute(revert, state);
      return execute(command, state);
    }),
    scenario: scenarioOf('setsAgain', { runs: [rotation('forward')] }),
    what: { kind: 'hung', forMs: 1_000 },
    caught: /^forward/,
  },
  "a person's newer secret is overwritten": {
    mutation: bend(async ({ execute, command, state }) => {
      const seen = await execute(command, state);
      if (seen.of !== 'promote' || !seen.outcome.ok || seen.outcome.value.stranger === null) return seen;
      return execute({ ...seen.command, ifCurrent: seen.outcome.value.stranger }, state);
    }),
    scenario: scenarioOf('plain'),
    what: { kind: 'personChanges' },
    caught: /^a person's value/,
  },
  'the fence is ignored: a record that is open is closed unseen': {
    mutation: bend(async ({ execute, command, state }) => {
      const seen = await execute(command, state);
      if (seen.of !== 'open' || !seen.outcome.ok || seen.outcome.value.kind !== 'held') return seen;
      const { token } = seen.outcome.value.record;
      const theirs = { ...state, order: { ...state.order, token } };
      await execute({ do: 'open' }, theirs);
      await execute({ do: 'finish', end: 'untouched', gone: [], refusals: {} }, theirs);
      return execute(command, state);
    }),
    scenario: scenarioOf('plain', {
      devices: [{ profile: 'slow', self: false }],
      runs: [{ ...rotation('restore'), other: { at: 5, start: 'rotate', policy: 'restore', mix: null } }],
    }),
    what: { kind: 'queued', forMs: 20_000 },
    caught: /./,
  },
  'two heads carry one record': {
    mutation: bend(async ({ execute, command, state, world }) => {
      await openToAll(world);
      return execute(command, state);
    }),
    scenario: scenarioOf('plain', {
      runs: [
        {
          ...rotation('restore'),
          says: [{ at: 1, what: 'join' }],
          other: { at: 1, start: 'recover', policy: 'restore', mix: 10 },
        },
      ],
    }),
    what: { kind: 'hung', forMs: 1_000 },
    caught: /^undo/,
  },
  'refusals are not written down before they are risked': {
    mutation: bend(async ({ execute, command, state }) =>
      command.do === 'probe' ? execute({ ...command, write: null }, state) : execute(command, state),
    ),
    scenario: scenarioOf('locks', { drift: 'device' }),
    what: { kind: 'crashAfter' },
    every: 4,
    caught: /^budget/,
  },
  'refusals are forgotten when the record goes': {
    mutation: bend(async ({ execute, command, state }) =>
      command.do === 'finish' ? execute({ ...command, refusals: zeroed(state) }, state) : execute(command, state),
    ),
    scenario: scenarioOf('locks', {
      drift: 'device',
      runs: [rotation('restore'), rotation('restore'), rotation('restore')],
    }),
    what: { kind: 'hung', forMs: 1_000 },
    caught: /^budget/,
  },
  'a first adoption counts as proven': {
    mutation: bend(async ({ execute, command, state }) =>
      command.do === 'finish' && command.end === 'replaced'
        ? execute({ ...command, end: 'rotated' }, state)
        : execute(command, state),
    ),
    scenario: scenarioOf('plain', { drift: 'absent', adopt: true }),
    what: { kind: 'refused' },
    caught: /no old secret was known/,
  },
  'a management secret under rotation is used': {
    mutation: bend(async ({ execute, command, state, world }) => {
      const seen = await execute(command, state);
      const isFenced = seen.of === 'capture' && !seen.outcome.ok && seen.outcome.code === 'Conflict';
      if (isFenced) world.listener?.managed(seen.command.target);
      return seen;
    }),
    scenario: scenarioOf('plain', { runs: [rotation('restore'), rotation('restore')] }),
    what: { kind: 'managementRotates', forMs: 2 * 3_600_000 },
    caught: /^fence/,
  },
};

function zeroed(state: RotationState) {
  return Object.fromEntries(state.order.plan.targets.map(({ realm }) => [realm, { count: 0, at: state.now }]));
}

async function play({ scenario, what, every }: Defect, at: number, mutation?: Bend): Promise<readonly string[]> {
  const again = every === undefined ? [] : [every, 2 * every, 3 * every].map((more) => ({ at: at + more, what }));
  return new Simulation({ ...scenario, troubles: [{ at, what }, ...again] }, mutation).play();
}

/** The first call at which the fault brings the defect to light. */
async function whereCaught(defect: Defect): Promise<number | null> {
  for (let at = 1; at <= 60; at += 1) {
    const problems = await play(defect, at, defect.mutation);
    if (problems.some((problem) => defect.caught.test(problem))) return at;
  }
  return null;
}

describe('the model catches', () => {
  for (const [name, defect] of Object.entries(defects)) {
    test(name, async () => {
      const at = await whereCaught(defect);
      expect(at).not.toBeNull();
      expect(await play(defect, at ?? 0)).toEqual([]);
    });
  }
});
