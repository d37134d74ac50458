import { type EndState, endStates, reasons } from '../../model/endStates.js';
import type { TargetId, VersionId } from '../../model/record.js';
import { candidateVersion } from '../../model/versionNames.js';
import { type Command, isParked, type WaitReason } from '../../protocol/commands.js';
import { foundVersion } from '../../recover/foresee/circumstances.js';
import type { Way } from '../../recover/foresee/foresee.js';

/** `stopped`: recover would end there, and the rotation not. */
interface Ending {
  readonly state: EndState | 'stopped';
  readonly reason: WaitReason | null;
  /** The record would still be open. */
  readonly open: boolean;
}

/** One or more circumstances that lead to the same. */
interface ToldWay extends Ending {
  readonly when: readonly string[];
  readonly steps: readonly string[];
}

interface Told {
  /** What comes first, whatever the targets answer. */
  readonly next: readonly string[];
  readonly ways: readonly ToldWay[];
}

/** What recover would do, for people: each step once, in the order of its first time. */
export function tellForeseen(ways: readonly Way[], token: string): Told {
  const told = ways.map((way) => ({ way, steps: stepsOf(way.steps, token) }));
  const next = commonBeginning(told.map(({ steps }) => steps));
  const later = told.map(({ way, steps }) => ({
    when: [circumstances[way.opens]],
    steps: steps.slice(next.length),
    ...endingOf(way),
  }));
  return { next, ways: later.reduce<ToldWay[]>(merged, []) };
}

const circumstances = {
  new: 'only the new secret opens the account',
  old: 'only the old secret opens the account',
  both: 'both open the account',
  found: 'only what somebody else wrote opens the account',
  neither: 'neither opens the account',
  silence: 'nothing answers',
} as const satisfies Record<Way['opens'], string>;

function endingOf({ comes }: Way): Ending {
  if ('waits' in comes) return { state: 'stopped', reason: comes.waits, open: true };
  const { state, reason, open } = comes.end;
  return { state, reason, open };
}

function merged(ways: ToldWay[], way: ToldWay): ToldWay[] {
  const same = (other: ToldWay) => JSON.stringify({ ...other, when: [] }) === JSON.stringify({ ...way, when: [] });
  return ways.some(same)
    ? ways.map((other) => (same(other) ? { ...other, when: [...other.when, ...way.when] } : other))
    : [...ways, way];
}

function commonBeginning(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = lists;
  const differs = first.findIndex((step, index) => others.some((other) => other[index] !== step));
  return differs < 0 ? first : first.slice(0, differs);
}

function stepsOf(commands: readonly Command[], token: string): readonly string[] {
  const targets = new Map<string, Set<TargetId>>();
  for (const command of commands) {
    const phrase = phraseOf(command, candidateVersion(token));
    if (phrase === null) continue;
    const at = targets.get(phrase) ?? new Set();
    if ('target' in command) at.add(command.target);
    targets.set(phrase, at);
  }
  return [...targets].map(([phrase, at]) => (at.size === 0 ? phrase : `${phrase} ${[...at].join(', ')}`));
}

/** null: it changes nothing that a person would look for. */
function phraseOf(command: Command, candidate: VersionId): string | null {
  switch (command.do) {
    case 'probe':
      return `try ${named(command.version, candidate)} on`;
    case 'stage':
      return 'make a new secret and hold it';
    case 'change':
      return `set ${named(command.version, candidate)} on`;
    case 'revert':
      return 'put the old secret back on';
    case 'confirm':
      return 'save the configuration on';
    case 'retire':
      return `take ${named(command.old, candidate)} out of`;
    case 'endSessions':
      return "end the account's sessions on";
    case 'suspend':
      return 'suspend the account on';
    case 'promote':
      return `give readers of ${command.copy} the new secret`;
    case 'wait':
      return command.why === 'quiet' ? 'wait until nothing that was sent can still arrive' : null;
    case 'finish':
      return 'close the record';
    case 'open':
    case 'capture':
    case 'note':
      return null;
  }
}

function named(version: VersionId, candidate: VersionId): string {
  if (version === candidate) return 'the new secret';
  return version === foundVersion ? 'what somebody else wrote' : 'the old secret';
}

/** The lines of one credential, below its own. */
export function foreseenLines({ next, ways }: Told): readonly string[] {
  return [...(next.length > 0 ? [`  next: ${next.join('; ')}`] : []), ...ways.map((way) => wayLine(way, ways.length))];
}

function wayLine({ when, steps, ...ending }: ToldWay, ways: number): string {
  const condition = ways === 1 ? 'then' : `if ${when.join(', or ')}`;
  return `  ${condition}: ${[...steps, wordsOf(ending)].join('; ')}`;
}

function wordsOf({ state, reason, open }: Ending): string {
  const why = reason !== null && isParked(reason) ? ` (${reasons[reason]})` : '';
  const what = state === 'stopped' ? `stop and wait${why}` : `end as ${state}: ${endStates[state]}${why}`;
  return open ? `${what}; the record stays open` : what;
}
