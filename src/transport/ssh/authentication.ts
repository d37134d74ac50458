import type { AnyAuthMethod, AuthenticationType, Prompt } from 'ssh2';
import type { SshLogin } from './endpoint.js';

/** Why a login did not succeed; closed, so that messages never carry the server's text. */
export type LoginFailure =
  | 'refused'
  | 'accountBarred'
  | 'notOffered'
  | 'secondFactor'
  | 'unexpectedPrompt'
  | 'needsNoSecret'
  | 'nextRefused'
  | 'dropped'
  | 'timeout'
  | 'unreachable'
  | 'noCommonAlgorithm';

/**
 * - `expired`: the secret is right, and the server lets nobody in before it is changed.
 * - `rejected`: an explicit refusal of the method that was tried and that the server offers; nothing else counts.
 */
export type LoginVerdict =
  | { readonly answer: 'accepted' | 'expired' }
  | { readonly answer: 'rejected' | 'barred' | 'unknown'; readonly failure: LoginFailure };

/** Answers one question of a forced password change; null gives up. */
export type ChangeAnswers = (question: ChangeQuestion) => string | null;
export type ChangeQuestion = 'current' | 'next' | 'repeat';

const changeQuestions: readonly (readonly [ChangeQuestion, RegExp])[] = [
  ['repeat', /(re-?type|re-?enter|repeat|again|confirm)/i],
  ['next', /new.*password/i],
  ['current', /(\(?current\)?|old).*password/i],
];

/** A question stands at the end of what the server may say before it. */
const maxQuestionChars = 500;

/** Which question of a password change this text asks; null: another one. */
export function changeQuestionOf(text: string): ChangeQuestion | null {
  const question = text.slice(-maxQuestionChars);
  return changeQuestions.find(([, pattern]) => pattern.test(question))?.[0] ?? null;
}

/** What servers say of an account that nobody gets into, in banners before they hang up. */
const barredTexts = [
  /account has expired/i,
  /account is (temporarily )?locked/i,
  /account has been (locked|disabled)/i,
];

export function saysBarred(banner: string): boolean {
  return barredTexts.some((text) => text.test(banner));
}

type Offered = readonly AuthenticationType[];

/**
 * The authentication of one connection: it asks with `none` what is offered, tries one method once, and takes note.
 */
export class Authentication {
  readonly #login: SshLogin;
  readonly #settle: (verdict: LoginVerdict) => void;
  readonly #answers: ChangeAnswers | null;
  #stage: 'start' | 'asked' | 'tried' = 'start';
  #barred = false;
  #passwordGiven = false;
  /** The server's list from its last refusal: ssh2 hands over the same one when a method was skipped, not refused. */
  #lastOffered: Offered | null = null;
  #changeAsked = new Set<ChangeQuestion>();

  constructor(login: SshLogin, answers: ChangeAnswers | null, settle: (verdict: LoginVerdict) => void) {
    this.#login = login;
    this.#answers = answers;
    this.#settle = settle;
  }

  banner(text: string): void {
    if (saysBarred(text)) this.#barred = true;
  }

  /** The server let us in. */
  succeeded(): void {
    if (this.#stage === 'tried') this.#settle({ answer: 'accepted' });
    else this.#settle({ answer: 'unknown', failure: 'needsNoSecret' });
  }

  /** The connection ended first. */
  ended(failure: LoginFailure): void {
    if (this.#barred) this.#settle({ answer: 'barred', failure: 'accountBarred' });
    else this.#settle({ answer: 'unknown', failure });
  }

  /** The server wants the password changed before it says anything else. */
  expired(): void {
    this.#settle({ answer: 'expired' });
  }

  /** ssh2's authHandler: the method to try next, or false for no more. */
  next(offered: Offered | null, partialSuccess: boolean | null): AnyAuthMethod | false {
    if (this.#stage === 'start') {
      this.#stage = 'asked';
      return { type: 'none', username: this.#login.account };
    }
    const skipped = offered === this.#lastOffered;
    this.#lastOffered = offered;
    if (this.#stage === 'asked') return this.#tryOne(offered ?? []);
    if (skipped) this.#giveUp('noCommonAlgorithm');
    else this.#failed(partialSuccess === true);
    return false;
  }

  #failed(partialSuccess: boolean): void {
    if (partialSuccess) this.#settle({ answer: 'unknown', failure: 'secondFactor' });
    else if (this.#barred) this.#settle({ answer: 'barred', failure: 'accountBarred' });
    // After the repeated password a refusal may be about something else: the change may have been made.
    else if (this.#changeAsked.has('repeat')) this.#settle({ answer: 'unknown', failure: 'dropped' });
    else if (this.#changeAsked.has('next')) this.#settle({ answer: 'unknown', failure: 'nextRefused' });
    else this.#settle({ answer: 'rejected', failure: 'refused' });
  }

  #tryOne(offered: Offered): AnyAuthMethod | false {
    const method = this.#method(offered);
    if (method === null) {
      this.#settle({ answer: 'unknown', failure: 'notOffered' });
      return false;
    }
    this.#stage = 'tried';
    return method;
  }

  #method(offered: Offered): AnyAuthMethod | null {
    const { account: username, secret } = this.#login;
    if (secret.has('private_key')) {
      return offered.includes('publickey') ? { type: 'publickey', username, key: secret.reveal('private_key') } : null;
    }
    if (offered.includes('password')) return { type: 'password', username, password: secret.reveal('password') };
    if (!offered.includes('keyboard-interactive')) return null;
    return {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => this.#prompted(prompts, finish),
    };
  }

  #prompted(prompts: readonly Prompt[], finish: (answers: string[]) => void): void {
    const [only, ...others] = prompts;
    const question = only === undefined ? null : changeQuestionOf(only.prompt);
    if (only === undefined || others.length > 0) this.#giveUp('unexpectedPrompt');
    else if (question !== null) this.#changePrompted(question, finish);
    else if (this.#passwordGiven || only.echo === true) this.#giveUp('secondFactor');
    else {
      this.#passwordGiven = true;
      finish([this.#login.secret.reveal('password')]);
    }
  }

  #changePrompted(question: ChangeQuestion, finish: (answers: string[]) => void): void {
    if (this.#answers === null) this.#settle({ answer: 'expired' });
    else if (this.#changeAsked.has(question)) this.#giveUp('nextRefused');
    else {
      this.#changeAsked.add(question);
      const answer = this.#answers(question);
      if (answer === null) this.#giveUp('timeout');
      else finish([answer]);
    }
  }

  #giveUp(failure: LoginFailure): void {
    this.#settle({ answer: 'unknown', failure });
  }
}
