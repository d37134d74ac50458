import { type Reason, reasons } from '../model/endStates.js';
import { type ProbeAnswer, presentRefused } from '../model/probe.js';
import type { TargetId } from '../model/record.js';
import type { End } from './commands.js';
import { whyAlive } from './decide/retire.js';
import { factsOf, holdsOne, isPromoted, type RotationState, targetIds } from './state.js';
import { trailOf } from './trail.js';

/** Results of many rotations travel together. */
const mostCauses = 5;

/**
 * What stood in its way at the end, in relock's words, each with the target or the copy that it is about: never nothing, unless
 * all is well. Targets whose readers are locked out come first.
 */
export function causesOf(state: RotationState, end: End): readonly string[] {
  if (end.state === 'rotated' && end.reason === null) return [];
  const said = { ...atVaults(state), ...atTargets(state, end) };
  const named = Object.entries(said).map(([subject, text]) => (names(text, subject) ? text : `${subject}: ${text}`));
  return named.length > 0 ? named.slice(0, mostCauses) : [bareCause(state, end)];
}

function names(text: string, subject: string): boolean {
  return text.split(/[\s,;()]+/).some((word) => word === subject || word === `${subject}:`);
}

function atTargets(state: RotationState, end: End): Readonly<Record<TargetId, string>> {
  const ids = targetIds(state).filter((id) => isTroubled(state, id, end));
  const lockedOut = ids.filter((id) => shutsReadersOut(state, id));
  const others = ids.filter((id) => !lockedOut.includes(id));
  return Object.fromEntries([...lockedOut, ...others].map((id) => [id, standing(state, id, end)]));
}

function atVaults(state: RotationState): Readonly<Record<string, string>> {
  const causes = Object.entries(trailOf(state).causes ?? {});
  return Object.fromEntries(
    causes.filter(([subject]) => state.targets[subject] === undefined).map(([subject, { text }]) => [subject, text]),
  );
}

/** Something was answered there that is not as it should be at this end. */
function isTroubled(state: RotationState, id: TargetId, end: End): boolean {
  const { answers, sends, failure } = factsOf(state, id);
  if (trailOf(state).causes?.[id] !== undefined || shutsReadersOut(state, id)) return true;
  if (isAtVault(end.reason)) return false;
  if (isPromoted(state)) return whyAlive(state, id) !== null;
  return failure !== null || sends > 0 || Object.values(answers).some((answer) => answer !== 'accepted');
}

/** It takes the new secret alone, and readers still get the old one. */
function shutsReadersOut(state: RotationState, id: TargetId): boolean {
  return factsOf(state, id).taken && !isPromoted(state) && holdsOne(state, id);
}

function standing(state: RotationState, id: TargetId, end: End): string {
  const cause = trailOf(state).causes?.[id]?.text;
  const shut = shutsReadersOut(state, id)
    ? `${id} takes only the new secret, and readers still get the old one: they are locked out there`
    : null;
  const reason = (isPromoted(state) ? whyAlive(state, id) : factsOf(state, id).failure) ?? end.reason;
  const because = cause ?? (reason === null ? null : wordsOf(reason, state, id));
  return [shut, because].filter((text) => text !== null).join('; ');
}

function wordsOf(reason: Reason, state: RotationState, id: TargetId): string {
  return reason === 'drift' ? presentRefused : [reasons[reason], ...answered(state, id)].join('; ');
}

/** What the last logins there were answered. */
function answered(state: RotationState, id: TargetId): readonly string[] {
  const { answers } = factsOf(state, id);
  const candidate = state.record?.candidate;
  const said = Object.entries(answers).map(
    ([version, answer]) =>
      `${version === candidate ? 'the new secret' : `the old one (${version})`} was ${words[answer]}`,
  );
  return said.length === 0 ? [] : [said.join(', ')];
}

const words: Readonly<Record<ProbeAnswer, string>> = {
  accepted: 'accepted',
  rejected: 'refused',
  barred: 'not judged',
  unknown: 'not answered',
};

/** Nothing was heard that says more: the reason, and where it applies. */
function bareCause(state: RotationState, { reason }: End): string {
  const { plan } = state.order;
  const primary = plan.copies[0] ?? plan.credential;
  const subject = isAtVault(reason) ? primary : targetIds(state).join(', ');
  return `${subject}: ${reason === null ? 'see the evidence' : reasons[reason]}`;
}

const atVault: readonly Reason[] = [
  'noOldValue',
  'copyUnavailable',
  'vaultUnavailable',
  'superseded',
  'held',
  'spent',
  'vendor',
  'consumers',
  'cancelled',
];

function isAtVault(reason: Reason | null): boolean {
  return reason !== null && atVault.includes(reason);
}
