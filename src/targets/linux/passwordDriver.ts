import type { CallContext, EffectContext } from '../../contracts/context.js';
import type { DriverEnvironment } from '../../contracts/registration.js';
import type { Login, TargetDriver, TargetFinding } from '../../contracts/targetDriver.js';
import type { Capabilities } from '../../model/capabilities.js';
import type { Probed } from '../../model/probe.js';
import type { Instant } from '../../model/time.js';
import { Secret } from '../../secret/secret.js';
import type { ChangeAnswers } from '../../transport/ssh/authentication.js';
import { logIn, loginError } from '../../transport/ssh/connect.js';
import type { SshSession } from '../../transport/ssh/session.js';
import { LinuxHost } from './host.js';
import { lookAtOwnPassword, tooYoung } from './ownPasswordScript.js';
import { PasswdDialogue } from './passwdDialogue.js';
import { readHash, setHash, setPassword } from './passwordScripts.js';
import { runAsSelf } from './remoteScript.js';
import { type LinuxSettings, secretPolicyOf } from './settings.js';
import { barrierOf, writeRefusals } from './writeBarriers.js';

export function passwordCapabilities(settings: LinuxSettings): Capabilities {
  return {
    overlap: false,
    makers: ['generated', 'supplied'],
    selfChange: !settings.sftpOnly,
    managementChange: settings.sftpOnly,
    oldDies: 'now',
    undo: 'capture',
    secretPolicy: secretPolicyOf(settings),
    settleMs: settings.settleMs,
    silenceIsRefusal: false,
    lockoutThreshold: settings.lockoutThreshold,
    confirms: false,
    timedCommitMs: null,
    endsSessions: true,
    suspends: true,
    enumerates: false,
  };
}

/** A line of `account:password`: what would break it, or the terminal of `passwd`. */
const unsendable = /[\p{Cc}]/u;

/**
 * `linux × password`. By management with `chpasswd`, undone by the shadow hash; by the account itself with `passwd`, an
 * expired password included, undone by setting the old one again (which its password history may refuse).
 */
export class LinuxPasswordDriver implements TargetDriver {
  readonly capabilities: Capabilities;
  readonly #host: LinuxHost;

  constructor(target: { readonly id: string; readonly settings: LinuxSettings }, environment: DriverEnvironment) {
    this.#host = new LinuxHost(target, environment);
    this.capabilities = passwordCapabilities(target.settings);
  }

  check(account: string, via: Login | null, context: CallContext): Promise<readonly TargetFinding[]> {
    return this.#host.check('password', account, via, context);
  }

  obstacle(account: string, via: Login, context: CallContext): Promise<string | null> {
    return via.as === 'self'
      ? this.#ownObstacle(account, via, context)
      : this.#host.obstacle('password', account, via, context);
  }

  async #ownObstacle(account: string, via: Login, context: CallContext): Promise<string | null> {
    const call = { account, script: lookAtOwnPassword };
    const said = await this.#host.session(via, context, (session) => runAsSelf(session, call));
    const words = said.toString('latin1').split('\n');
    const barrier = barrierOf(words);
    if (barrier !== null) return this.#host.error('Refused', writeRefusals[barrier]).message;
    return words.includes('young') ? this.#host.error('Refused', tooYoung).message : null;
  }

  probe(account: string, secret: Secret, context: CallContext): Promise<Probed> {
    return this.#host.probe(account, secret, context);
  }

  async change(account: string, via: Login, next: Secret, context: EffectContext): Promise<void> {
    const password = next.reveal('password');
    if (password === '' || unsendable.test(password)) {
      throw this.#host.error('Refused', 'a password must not be empty or hold control characters; nothing was changed');
    }
    if (via.as === 'self') return this.#changeOwn(via, next, context);
    const call = { account, via, script: setPassword, what: 'setting a password' };
    const input = () => `${account}:${next.reveal('password')}\n`;
    await this.#host.asRoot(call, context, { input, effect: context });
  }

  async #changeOwn(via: Login, next: Secret, context: EffectContext): Promise<void> {
    const login = await this.#logInToChange(via, next, context);
    if (login === 'changed') return;
    try {
      if (!via.secret.equals(next, ['password'])) await new PasswdDialogue(login, context).change(via.secret, next);
    } finally {
      login.close();
    }
  }

  /** A session; or the server had the expired password changed in its login questions. */
  async #logInToChange(via: Login, next: Secret, context: EffectContext): Promise<SshSession | 'changed'> {
    const exchange = new LoginExchange(via.secret, next, context);
    const login = await logIn(this.#host.endpoint, via, context, (question) => exchange.answer(question));
    if (login.answer === 'accepted') {
      if (!exchange.repeated) return login.session;
      login.session.close();
      return 'changed';
    }
    const failure = login.answer === 'expired' ? 'unexpectedPrompt' : login.failure;
    if (exchange.late) {
      throw this.#host.error('Timeout', 'the time for this change was over before it was sent; nothing was changed');
    }
    const error = loginError(this.#host.endpoint, via.account, failure);
    if (!exchange.repeated || failure === 'nextRefused') throw error;
    throw exchange.interrupted(this.#host);
  }

  /** Self: the password itself, for only root reads hashes. */
  async capture(account: string, via: Login, current: Secret, context: CallContext): Promise<Secret> {
    if (via.as === 'self') return current.pick(['password']);
    const call = { account, via, script: readHash, what: 'reading a hash' };
    const hash = (await this.#host.asRoot(call, context)).toString('latin1').trim();
    return Secret.of({ shadow_hash: hash });
  }

  async revert(account: string, via: Login, captured: Secret, _next: Secret, context: EffectContext): Promise<void> {
    if (captured.has('password')) return this.change(account, via, captured, context);
    const call = { account, via, script: setHash, what: 'putting a hash back' };
    const input = () => `${account}:${captured.reveal('shadow_hash')}\n`;
    await this.#host.asRoot(call, context, { input, effect: context });
  }

  /** The change itself killed the old password. */
  async retire(_account: string, _via: Login, old: Secret, current: Secret): Promise<void> {
    if (old.equals(current, ['password'])) {
      throw this.#host.error('Bug', 'the password to retire is the current one; nothing was changed. Report this');
    }
  }

  endSessions(
    account: string,
    via: Login,
    started: { readonly before: Instant },
    context: EffectContext,
  ): Promise<void> {
    return this.#host.endSessions('password', account, via, started, context);
  }

  suspend(account: string, via: Login, context: EffectContext): Promise<void> {
    return this.#host.suspend(account, via, context);
  }

  reinstate(account: string, via: Login, context: EffectContext): Promise<void> {
    return this.#host.reinstate(account, via, context);
  }
}

/** Answers a server that has an expired password changed in its login questions. */
class LoginExchange {
  readonly #current: Secret;
  readonly #next: Secret;
  readonly #context: EffectContext;
  /** The repeated password was sent: from here on the effect is unknown. */
  repeated = false;
  late = false;

  constructor(current: Secret, next: Secret, context: EffectContext) {
    this.#current = current;
    this.#next = next;
    this.#context = context;
  }

  answer(question: Parameters<ChangeAnswers>[0]): string | null {
    if (question === 'current') return this.#current.reveal('password');
    if (question === 'next') return this.#next.reveal('password');
    this.late = Date.now() >= this.#context.notAfter;
    if (this.late) return null;
    this.repeated = true;
    return this.#next.reveal('password');
  }

  interrupted(host: LinuxHost): Error {
    return host.unknown('the login ended while the expired password was being changed. Probe the account');
  }
}
