import type { AnyAuthMethod, AuthenticationType, Prompt } from 'ssh2';
import { readableKeyText } from '../../secret/privateKeyText.js';
import type { SshLogin } from './endpoint.js';
import { type ChangeQuestion, changeQuestionOf, saysBarred } from './prompts.js';

/** Why a login did not succeed; closed, so that messages never carry the server's text. */
export type LoginFailure =
  | 'refused'
  | 'accountBarred'
  | 'notOffered'
  | 'secondFactor'
  | 'unexpectedPrompt'
  | 'notAsked'
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
  /** The method asks for the password, instead of taking it along. */
  #asks = false;
  #passwordGiven = false;
  /** The server's list from its last refusal: ssh2 hands over the same one when a method was skipped, not refused. */
  #lastOffered: Offered | null = null;
  #changeAsked = new Set<ChangeQuestion>();

  constructor(login: SshLogin, answers: ChangeAnswers | null, settle: (verdict: LoginVerdict) => void) {
    this.#login = login;
    this.#answers = answers;
    this.#settle = settle;
  }

  /** A server's own banner comes before anything was tried; what PAM says of the account, after. */
  banner(text: string): void {
    if (this.#stage === 'tried' && saysBarred(text)) this.#barred = true;
  }

  /** The server let us in. */
  succeeded(): void {
    if (this.#wasSent()) this.#settle({ answer: 'accepted' });
    else this.#settle({ answer: 'unknown', failure: 'needsNoSecret' });
  }

  /** This very secret: a key or a password goes with its method, one that is asked for only when it was. */
  #wasSent(): boolean {
    return this.#stage === 'tried' && (this.#passwordGiven || !this.#asks);
  }

  /** The server ended the connection with the refusal of what was tried. */
  refusedForGood(): void {
    if (this.#wasSent()) this.#failed(false);
  }

  /** The connection ended first. */
  ended(failure: LoginFailure): void {
    if (this.#barred) this.#settle({ answer: 'barred', failure: 'accountBarred' });
    else this.#settle({ answer: 'unknown', failure });
  }

  /** The server wants the password changed before it says anything else. */
  expired(): void {
    if (this.#wasSent()) this.#settle({ answer: 'expired' });
    else this.#giveUp('unexpectedPrompt');
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
    else if (!this.#wasSent()) this.#giveUp('notAsked');
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
      return offered.includes('publickey')
        ? { type: 'publickey', username, key: readableKeyText(secret.reveal('private_key')) }
        : null;
    }
    if (offered.includes('password')) return { type: 'password', username, password: secret.reveal('password') };
    if (!offered.includes('keyboard-interactive')) return null;
    this.#asks = true;
    return {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, instructions, _language, prompts, finish) => {
        this.banner(instructions);
        this.#prompted(prompts, finish);
      },
    };
  }

  #prompted(prompts: readonly Prompt[], finish: (answers: string[]) => void): void {
    const [only, ...others] = prompts;
    const question = only === undefined ? null : changeQuestionOf(only.prompt);
    if (only === undefined || others.length > 0) this.#giveUp('unexpectedPrompt');
    else if (question !== null && this.#passwordGiven) this.#changePrompted(question, finish);
    else if (question !== null) this.#giveUp('unexpectedPrompt');
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
