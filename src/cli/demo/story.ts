import { demoCredentials, demoDevices, demoMisbehaving, demoVendor } from '../../lab/demoCast.js';
import type { Door } from '../../lab/doors.js';
import type { CredentialStatus } from '../../model/incident.js';

const { down, liar, silent } = demoMisbehaving;

export function castLines(folder: string): readonly string[] {
  const passwords = demoCredentials.filter(({ kind }) => kind === 'password').length;
  const doors = demoCredentials.reduce((sum, { targets }) => sum + targets.length, 0);
  return [
    `${demoDevices.length} SSH devices listen on 127.0.0.1, with real key exchange and real logins. The vendor "${demoVendor}" shares`,
    `${demoCredentials.length} credentials with us: ${passwords} passwords and ${demoCredentials.length - passwords} SSH keys, ${doors} logins in all. Two vaults of age-encrypted`,
    `files keep them, in ${folder}. Three devices will make trouble:`,
    `  ${down}      is down`,
    `  ${liar}   says "ok" to every change and makes none`,
    `  ${silent}      takes a change, and stops answering half-way`,
  ];
}

/** `36 logins: 34 open, 2 gave no answer`. */
export function doorCounts(doors: readonly Door[]): string {
  const count = (answer: Door['answer']) => doors.filter((door) => door.answer === answer).length;
  const parts = [
    [count('open'), 'open'],
    [count('refused'), 'refused'],
    [count('noAnswer'), 'gave no answer'],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return `${doors.length} logins: ${said.join(', ')}`;
}

/** What became of the devices that made trouble. Said only after `deviations` found none. */
export const troubleLines: readonly string[] = [
  `${down} was down. Its own credential is untouched: nothing was changed in the vault either, and the old`,
  '  secret is still exposed. A key that it shares with two devices was replaced on those two; what this one accepts',
  '  is not known, so the end is "replaced", not "rotated".',
  `${liar} said "ok". relock logged in with the new password: refused; with the old one: accepted. So the change was`,
  '  not taken, readers of the vault still get the password that works, and it is still exposed.',
  `${silent} took the change and fell silent. Nobody knows which password works, so nothing is promoted and both are`,
  '  held in the vault: "unverified". When it answers again, `relock recover` finds out and finishes.',
];

interface Told {
  readonly credentials: readonly CredentialStatus[];
  /** Logins with the stolen secrets before and after, and with what the vault gives now. */
  readonly before: readonly Door[];
  readonly after: readonly Door[];
  readonly owner: readonly Door[];
}

/** Where this run differed from the story; empty: it went as told. */
export function deviations({ credentials, before, after, owner }: Told): readonly string[] {
  const states = new Map(credentials.map((status) => [status.id, status.state]));
  const ends = demoCredentials
    .filter(({ id, ends }) => states.get(id) !== ends)
    .map(({ id, ends }) => `${id} ended ${states.get(id) ?? 'nowhere'}, not ${ends}`);
  return [
    ...ends,
    ...unlike(before, 'before, the stolen secret', (target) => (target === down ? 'noAnswer' : 'open')),
    ...unlike(after, 'after, the stolen secret', (target) => (answers(target) ? stolenAt(target) : 'noAnswer')),
    ...unlike(owner, "after, the vault's secret", (target) => (answers(target) ? 'open' : 'noAnswer')),
  ];
}

function answers(target: string): boolean {
  return target !== down && target !== silent;
}

function stolenAt(target: string): Door['answer'] {
  return target === liar ? 'open' : 'refused';
}

function unlike(doors: readonly Door[], what: string, expected: (target: string) => Door['answer']): readonly string[] {
  return doors
    .filter(({ target, answer }) => answer !== expected(target))
    .map(
      ({ credential, target, answer }) => `${what} of ${credential} at ${target}: ${answer}, not ${expected(target)}`,
    );
}
