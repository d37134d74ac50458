import ssh2, { type AnyAuthMethod, type AuthenticationType, type ParsedKey, type Prompt } from 'ssh2';
import { readableKeyText } from '../../secret/privateKeyText.js';
import type { SshLogin } from './endpoint.js';
import { asksForPassword, type ChangeQuestion, changeQuestionOf } from './prompts.js';

/** Why a login did not succeed; closed, so that messages never carry the server's text. */
export type LoginFailure =
  | 'refused'
  | 'closedAfterSecret'
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
 *
 * None of them comes from a text: banners and notices say what the owner of the device wrote there. So no login says that an
 * account is barred either; what can be seen is that the server hung up on the secret.
 */
export type LoginVerdict =
  | { readonly answer: 'accepted' | 'expired' }
  | { readonly answer: 'rejected' | 'unknown'; readonly failure: LoginFailure };

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
  /** This very secret went out: the password, or a signature by the key. */
  #sent = false;
  /** The server's list from its last refusal: ssh2 hands over the same one when a method was skipped, not refused. */
  #lastOffered: Offered | null = null;
  #changeAsked = new Set<ChangeQuestion>();

  constructor(login: SshLogin, answers: ChangeAnswers | null, settle: (verdict: LoginVerdict) => void) {
    this.#login = login;
    this.#answers = answers;
    this.#settle = settle;
  }

  /** The server let us in. */
  succeeded(): void {
    if (this.#sent) this.#settle({ answer: 'accepted' });
    else this.#giveUp('needsNoSecret');
  }

  /** The server ended the connection with the refusal of what was tried. */
  refusedForGood(): void {
    if (this.#isJudged()) this.#failed(false);
  }

  /** The connection ended first. */
  ended(failure: LoginFailure): void {
    this.#giveUp(this.#sent && failure === 'dropped' ? 'closedAfterSecret' : failure);
  }

  /** The server wants the password changed before it says anything else. */
  expired(): void {
    if (this.#sent) this.#settle({ answer: 'expired' });
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

  /** A refusal is about the secret: a key is shown before it signs, a password must have been sent. */
  #isJudged(): boolean {
    return this.#stage === 'tried' && (this.#sent || this.#login.secret.has('private_key'));
  }

  #failed(partialSuccess: boolean): void {
    if (partialSuccess) this.#giveUp('secondFactor');
    else if (!this.#isJudged()) this.#giveUp('notAsked');
    // After the repeated password a refusal may be about something else: the change may have been made.
    else if (this.#changeAsked.has('repeat')) this.#giveUp('closedAfterSecret');
    else if (this.#changeAsked.has('next')) this.#giveUp('nextRefused');
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
      return offered.includes('publickey') ? { type: 'publickey', username, key: this.#signer() } : null;
    }
    if (offered.includes('password')) {
      this.#sent = true;
      return { type: 'password', username, password: secret.reveal('password') };
    }
    if (!offered.includes('keyboard-interactive')) return null;
    return {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => this.#prompted(prompts, finish),
    };
  }

  /** The key, which takes note when it signs: a server that lets in whoever shows a public key has proved nothing. */
  #signer(): ParsedKey {
    const key = ssh2.utils.parseKey(readableKeyText(this.#login.secret.reveal('private_key')));
    if (key instanceof Error) throw new RangeError('a private key was not checked before it was used');
    const sign = key.sign.bind(key);
    key.sign = (data, algorithm) => {
      this.#sent = true;
      return sign(data, algorithm);
    };
    return key;
  }

  #prompted(prompts: readonly Prompt[], finish: (answers: string[]) => void): void {
    const [only, ...others] = prompts;
    if (only === undefined || others.length > 0) this.#giveUp('unexpectedPrompt');
    else if (this.#sent) this.#askedMore(only.prompt, finish);
    else if (only.echo === true || !asksForPassword(only.prompt)) this.#giveUp('unexpectedPrompt');
    else {
      this.#sent = true;
      finish([this.#login.secret.reveal('password')]);
    }
  }

  #askedMore(prompt: string, finish: (answers: string[]) => void): void {
    const question = changeQuestionOf(prompt);
    // A change begins with the present password or with the new one.
    if (question === null || (question === 'repeat' && !this.#changeAsked.has('next'))) this.#giveUp('secondFactor');
    else this.#changePrompted(question, finish);
  }

  #changePrompted(question: ChangeQuestion, finish: (answers: string[]) => void): void {
    if (this.#answers === null) this.#settle({ answer: 'expired' });
    else if (this.#changeAsked.has('repeat')) this.#giveUp('closedAfterSecret');
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
