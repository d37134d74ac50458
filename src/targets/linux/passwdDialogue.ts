import type { EffectContext } from '../../contracts/context.js';
import type { DriverError } from '../../model/errors.js';
import type { Millis } from '../../model/time.js';
import type { Secret } from '../../secret/secret.js';
import type { Dialogue } from '../../transport/ssh/dialogue.js';
import type { SshSession } from '../../transport/ssh/session.js';

/** One step of `passwd`: PAM delays a failure by a few seconds. */
const stepMs: Millis = 15_000;

/**
 * What `passwd` (shadow with PAM, busybox) can say, in the C locale. `retype` comes first: its text holds "new password".
 * Every gap has a bound, for a device may send a text on which an open one is tried for ever.
 */
const says = {
  retype:
    /(re-?type|re-?enter|repeat|confirm)[^\n]{0,60}password[^\n]{0,60}:\s{0,4}$|new password again[^\n]{0,60}:\s{0,4}$/i,
  next: /new( unix)? password[^\n]{0,60}:\s{0,4}$/i,
  current: /(\(current\)[^\n]{0,60}|current |old )password[^\n]{0,60}:\s{0,4}$/i,
  done: /updated successfully|password for \S{1,64} changed by|password changed\b/i,
  tooSoon: /must wait longer|too (soon|young)/i,
  unchanged: /password (is )?unchanged|not changed|unchanged\b/i,
  wrongCurrent: /authentication (token manipulation error|failure)|incorrect password|wrong password/i,
  mismatch: /do not match|don't match/i,
} as const;

/** What, after the repeated password, shows that the old one stays. A mere failure does not: a later PAM module may have failed. */
const provesNoEffect: ReadonlySet<string> = new Set(['next', 'retype', 'unchanged', 'mismatch', 'tooSoon']);

/**
 * Changes the account's own password by talking to `passwd`. The system acts on the repeated password, so everything
 * before that is effect `none`; a rejection asks for a new password again, or says that it is unchanged.
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
    const first = await talk.expect(says, stepMs);
    if (first === 'current') talk.sendLine(current.reveal('password'));
    else if (first !== 'next') throw this.#refused(first);
    if (first === 'current') {
      const second = await talk.expect(says, stepMs);
      if (second !== 'next') throw this.#refused(second);
    }
    talk.sendLine(next.reveal('password'));
    const third = await talk.expect(says, stepMs);
    if (third !== 'retype') throw this.#refused(third);
  }

  async #readVerdict(talk: Dialogue): Promise<void> {
    const verdict = await talk.expect(says, stepMs);
    if (verdict === 'done' || (verdict === 'ended' && talk.exitCode === 0)) return;
    if (provesNoEffect.has(verdict)) this.#session.provedNoEffect();
    throw this.#refused(verdict);
  }

  #refused(heard: keyof typeof says | 'ended' | 'silence'): DriverError {
    const why = refusals[heard] ?? refusals.next;
    return this.#session.failure(...why);
  }
}

const refusals: Readonly<Record<string, readonly ['Refused' | 'Timeout' | 'Unsupported' | 'Unauthorized', string]>> & {
  readonly next: readonly ['Refused', string];
} = {
  next: [
    'Refused',
    '`passwd` does not take the new password; the old one still works. Look at the password rules there',
  ],
  tooSoon: [
    'Refused',
    '`passwd` says that the password was changed too recently; the old one still works. Use a management login, or lower the minimum age',
  ],
  wrongCurrent: [
    'Refused',
    '`passwd` does not take the present password or the new one; nothing was changed. Probe the account',
  ],
  silence: ['Timeout', '`passwd` stopped answering. Probe the account'],
  ended: ['Unsupported', '`passwd` did not run, or ended before it said what it did. Probe the account'],
};
