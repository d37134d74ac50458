import { passwordWords } from './passwordWords.js';

/**
 * What login software itself asks, as whole lines. A device and its owner can write any text into banners, notices and PAM
 * messages, so nothing is looked for within a text: a prompt is one of these, or it is not known.
 */

/** Which question of a forced password change a prompt asks. */
export type ChangeQuestion = 'current' | 'next' | 'repeat';

/** Whose password: pam_unix, pam_ldap, pam_krb5, pam_sss and shadow put it before the word. */
const kind = '(?:unix |ldap |kerberos |login |sss )?';
const name = '[^\\s()@]{1,64}';
const account = `${name}(?:@${name})?`;

const passwordQuestions: readonly RegExp[] = [
  new RegExp(`^(?:enter )?(?:your |the )?${kind}password$`),
  new RegExp(`^(?:enter )?(?:${kind}password for ${account}|${account}'s password)$`),
  /^enter login\(ldap\) password$/,
];

/** One of these at the end of a text, as a line of its own; a server may put account and host before it. */
function promptAtEnd(...questions: readonly string[]): RegExp {
  return new RegExp(`(?:^|[\\r\\n])[ \\t]{0,8}(?:\\(${name}@${name}\\) )?(?:${questions.join('|')}) ?: {0,8}$`, 'i');
}

/** In the C locale. */
export const changePrompts: Readonly<Record<ChangeQuestion, RegExp>> = {
  current: promptAtEnd(`(?:enter )?(?:\\(current\\)|current|old) ${kind}password`),
  next: promptAtEnd(`(?:enter )?(?:a |the )?new ${kind}password`),
  repeat: promptAtEnd(
    `(?:re-?type|re-?enter|repeat|confirm)(?: the)?(?: new)? ${kind}password(?: again)?`,
    `new ${kind}password \\(again\\)`,
  ),
};

const accountAndHost = new RegExp(`^\\(${name}@${name}\\) `);

/** Longer than any prompt of these. */
const maxPromptChars = 200;

/** The last line: notices of PAM stand before the prompt, in the same text. A server may put account and host before it. */
function promptOf(text: string): string {
  const said = text.trimEnd();
  const line = said.slice(Math.max(said.lastIndexOf('\n'), said.lastIndexOf('\r')) + 1);
  if (line.length > maxPromptChars) return '';
  return line
    .trim()
    .replace(accountAndHost, '')
    .replace(/\s?[:：៖]$/u, '')
    .toLowerCase()
    .normalize('NFC');
}

/** Asks for the account's password, and for nothing else: a code, a PIN or a token must not get it. */
export function asksForPassword(text: string): boolean {
  const prompt = promptOf(text);
  return passwordWords.has(prompt) || passwordQuestions.some((pattern) => pattern.test(prompt));
}

/** null: another question, or none. */
export function changeQuestionOf(text: string): ChangeQuestion | null {
  for (const question of ['current', 'next', 'repeat'] as const)
    if (changePrompts[question].test(text)) return question;
  return null;
}

/**
 * How servers end a connection together with the refusal of the last attempt that they allow (`MaxAuthTries`): by a message of the
 * protocol, whose words are the server program's own (OpenSSH, Go, Apache MINA).
 */
export function refusesForGood(disconnect: { readonly message: string; readonly code?: unknown }): boolean {
  const isReason = disconnect.code === 2 || disconnect.code === 14;
  return isReason && /^too many authentication failures(?: for \S{1,64}|: \d{1,3})?$/i.test(disconnect.message.trim());
}
