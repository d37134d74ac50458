import type { EffectContext } from '../../contracts/context.js';
import type { DriverError } from '../../model/errors.js';
import type { Millis } from '../../model/time.js';
import type { Secret } from '../../secret/secret.js';
import type { Dialogue } from '../../transport/ssh/dialogue.js';
import { type ChangeQuestion, changePrompts } from '../../transport/ssh/prompts.js';
import type { SshSession } from '../../transport/ssh/session.js';
import { tooYoung } from './ownPasswordScript.js';

/** One step of `passwd`: PAM delays a failure by a few seconds. */
const stepMs: Millis = 15_000;

/**
 * Why `passwd` gave up before the new password was repeated, by its last words: shadow with PAM and busybox, in the C locale. Only
 * what a person is told depends on it.
 */
const lastWords: readonly (readonly [RegExp, Refusal])[] = [
  [/^You must wait longer to change your password\.?$/m, 'tooSoon'],
  [/^passwd: Authentication (?:token manipulation error|failure)$|^(?:passwd: )?Incorrect password$/im, 'wrongCurrent'],
];

/**
 * Changes the account's own password by talking to `passwd`. The system acts on the repeated password: everything before that
 * is effect `none`. After it only the exit code 0 says yes. Nothing says no: `passwd` calls the password unchanged whenever a
 * PAM module fails, also where another one has changed it, and an owner can have any text printed there.
 */
export class PasswdDialogue {
  readonly #session: SshSession;
  readonly #context: EffectContext;

  constructor(session: SshSession, context: EffectContext) {
    this.#session = session;
    this.#context = context;
  }

  async change(current: Secret, next: Secret): Promise<void> {
    const talk = await this.#session.dialogue('env LC_ALL=C passwd');
    try {
      await this.#answerUntilRetype(talk, current, next);
      this.#session.beginEffect(this.#context);
      talk.sendLine(next.reveal('password'));
      await this.#readVerdict(talk);
    } finally {
      talk.interrupt();
    }
  }

  async #answerUntilRetype(talk: Dialogue, current: Secret, next: Secret): Promise<void> {
    const asked = await this.#ask(talk, ['current', 'next']);
    if (asked === 'current') {
      talk.sendLine(current.reveal('password'));
      await this.#ask(talk, ['next']);
    }
    talk.sendLine(next.reveal('password'));
    await this.#ask(talk, ['repeat'], 'next');
  }

  /** The next question, which must be one of these; `otherwise`: what it means that it is not. */
  async #ask(
    talk: Dialogue,
    expected: readonly ChangeQuestion[],
    otherwise: Refusal = 'ended',
  ): Promise<ChangeQuestion> {
    const { heard, text } = await talk.read(changePrompts, stepMs);
    if (heard === 'silence') throw this.#refused('silence');
    if (heard !== 'ended' && expected.includes(heard)) return heard;
    throw this.#refused(lastWords.find(([says]) => says.test(text))?.[1] ?? otherwise);
  }

  async #readVerdict(talk: Dialogue): Promise<void> {
    const heard = await talk.expect(changePrompts, stepMs);
    if (heard === 'ended' && talk.exitCode === 0) return;
    throw this.#refused(heard === 'silence' ? 'silence' : 'unclear');
  }

  #refused(why: Refusal): DriverError {
    return this.#session.failure(...refusals[why]);
  }
}

type Refusal = 'next' | 'tooSoon' | 'wrongCurrent' | 'silence' | 'ended' | 'unclear';

const refusals: Readonly<Record<Refusal, readonly ['Refused' | 'Timeout' | 'Unsupported', string]>> = {
  next: [
    'Refused',
    '`passwd` does not take the new password; the old one still works. Look at the password rules there',
  ],
  tooSoon: ['Refused', tooYoung],
  wrongCurrent: [
    'Refused',
    '`passwd` does not take the present password or the new one; nothing was changed. Probe the account',
  ],
  silence: ['Timeout', '`passwd` stopped answering. Probe the account'],
  unclear: [
    'Refused',
    '`passwd` got the new password twice and did not end well, so either may work now. Probe the account, and look at the password rules there',
  ],
  ended: ['Unsupported', '`passwd` did not run, or ended before it said what it did. Probe the account'],
};
