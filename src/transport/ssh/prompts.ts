/**
 * What login software itself asks and says, as whole lines. A device and its owner can write any text into banners, notices and
 * PAM messages, so nothing is looked for within a text: a line is one of these, or it means nothing.
 */

/** Which question of a forced password change a prompt asks. */
export type ChangeQuestion = 'current' | 'next' | 'repeat';

/** `Password:` and its like, of pam_unix, pam_sss, pam_ldap, pam_krb5, shadow and busybox. */
const kind = '(?:unix |ldap |kerberos |login |sss )?';

const questions: readonly (readonly [ChangeQuestion, RegExp])[] = [
  ['repeat', new RegExp(`^(?:re-?type|re-?enter|repeat|confirm)(?: the)? new ${kind}password(?: again)?$`)],
  ['repeat', new RegExp(`^new ${kind}password \\(again\\)$`)],
  ['next', new RegExp(`^(?:enter )?(?:a |the )?new ${kind}password$`)],
  ['current', new RegExp(`^(?:enter )?(?:\\(current\\)|current|old) ${kind}password$`)],
];

/** Longer than any prompt of these; the rest is not looked at. */
const maxPromptChars = 200;

/** The line that stands at the end, where a prompt waits for its answer; a server may put the account and the host before it. */
function promptOf(text: string): string {
  const line =
    text
      .slice(-maxPromptChars)
      .trimEnd()
      .split(/[\r\n]/)
      .at(-1) ?? '';
  return line
    .trim()
    .replace(/^\([^()\s]{1,64}@[^()\s]{1,64}\) /, '')
    .replace(/\s?:$/, '')
    .toLowerCase();
}

/** null: another question, or none. */
export function changeQuestionOf(text: string): ChangeQuestion | null {
  const prompt = promptOf(text);
  return questions.find(([, pattern]) => pattern.test(prompt))?.[0] ?? null;
}

/** What PAM says of an account that nobody gets into: pam_unix of one that has expired, pam_faillock and pam_tally of a locked one. */
const barred: readonly RegExp[] = [
  /^Your account has expired; please contact your system administrator\.?$/,
  /^The account is locked due to \d{1,6} failed logins\.?$/,
  /^Account (?:temporar(?:il)?y )?locked due to \d{1,6} failed logins\.?$/,
];

/** Whether one of its lines is such a statement. It counts only after the secret was sent, and beside a refusal. */
export function saysBarred(text: string): boolean {
  return text.split(/[\r\n]+/).some((line) => barred.some((pattern) => pattern.test(line.trim())));
}

/** How OpenSSH ends a connection together with the refusal of the last attempt that it allows (`MaxAuthTries`). */
export function refusesForGood(disconnect: { readonly message: string; readonly code?: unknown }): boolean {
  const isReason = disconnect.code === 2 || disconnect.code === 14;
  return isReason && /^Too many authentication failures(?: for \S{1,64})?$/.test(disconnect.message.trim());
}
