import { z } from 'zod';
import type { CallContext, EffectContext } from '../../contracts/context.js';
import type { DriverEnvironment } from '../../contracts/registration.js';
import type { Login, TargetDriver, TargetFinding } from '../../contracts/targetDriver.js';
import type { Capabilities } from '../../model/capabilities.js';
import { DriverError } from '../../model/errors.js';
import type { Probed } from '../../model/probe.js';
import type { Instant } from '../../model/time.js';
import { Secret } from '../../secret/secret.js';
import { alterRole } from './alterRole.js';
import { checkRole, mayReadVerifiersSql, roleObstacle } from './checkRole.js';
import { endSessions } from './endSessions.js';
import { judgeFindings } from './judge.js';
import { loginFailures } from './loginFailure.js';
import { isStoredForm, scramVerifier } from './scram.js';
import { Server } from './server.js';
import { logIn, type Session, withSession } from './session.js';
import { accountProblem, type PostgresqlSettings, secretPolicyOf } from './settings.js';

export function passwordCapabilities(settings: PostgresqlSettings): Capabilities {
  return {
    overlap: false,
    makers: ['generated', 'supplied'],
    selfChange: true,
    managementChange: false,
    oldDies: 'now',
    undo: 'capture',
    secretPolicy: secretPolicyOf(settings),
    // The server gives a statement up before its time is over, and no commit waits for a standby. One that stands still longer
    // is what `obstacle` sees: it is not decided by time.
    settleMs: 2_000,
    silenceIsRefusal: false,
    lockoutThreshold: settings.lockoutThreshold,
    confirms: false,
    timedCommitMs: null,
    endsSessions: true,
    suspends: true,
    enumerates: false,
  };
}

/** Neither NUL nor half a character. */
const canBeSent = /^[^\0\p{Cs}]+$/u;

const stored = z.object({ rolpassword: z.string().nullable() });

/** `postgresql × password`. The server never sees a clear password: what is sent is the SCRAM verifier, and undo puts the old one back. */
export class PostgresqlPasswordDriver implements TargetDriver {
  readonly capabilities: Capabilities;
  readonly #server: Server;

  constructor(target: { readonly id: string; readonly settings: PostgresqlSettings }, environment: DriverEnvironment) {
    this.#server = new Server(target, environment);
    this.capabilities = passwordCapabilities(target.settings);
  }

  async check(account: string, via: Login | null, context: CallContext): Promise<readonly TargetFinding[]> {
    try {
      this.#requireAccount(account);
      const { findings, askedInClear } = await this.#knock(account, context);
      if (via?.as !== 'management') return findings;
      const seen = await withSession(this.#server, via, context, async (session) => [
        ...(askedInClear ? await judgeFindings(session, account) : []),
        ...(await checkRole(session, account)),
      ]);
      return [...findings, ...seen];
    } catch (error) {
      if (error instanceof DriverError && error.code !== 'Bug') return [{ severity: 'error', message: error.message }];
      throw error;
    }
  }

  async probe(account: string, secret: Secret, context: CallContext): Promise<Probed> {
    this.#requireAccount(account);
    this.#requirePassword(secret);
    const outcome = await logIn(this.#server, { account, secret }, context);
    if (outcome.kind === 'in') {
      await outcome.session.close();
      return { answer: outcome.asked ? 'accepted' : 'unknown' };
    }
    const { answer, code, text } = loginFailures[outcome.failure];
    if (answer === null) throw this.#server.error(code, 'none', text);
    return answer === 'rejected' ? { answer } : { answer, because: this.#server.error(code, 'none', text).message };
  }

  /** What a server or its rules would say of the role's own change cannot be seen by it. */
  async obstacle(account: string, via: Login, context: CallContext): Promise<string | null> {
    if (via.as === 'self') return null;
    this.#requireAccount(account);
    this.#requirePassword(via.secret);
    const outcome = await logIn(this.#server, via, context);
    if (outcome.kind === 'failed') {
      const { code, text } = loginFailures[outcome.failure];
      const error = this.#server.error(code, 'none', text);
      if (outcome.failure === 'pooler') return error.message;
      throw error;
    }
    const seen = await roleObstacle(outcome.session, account).finally(() => outcome.session.close());
    return seen === null ? null : this.#server.error('LockedOut', 'none', seen).message;
  }

  async change(account: string, via: Login, next: Secret, context: EffectContext): Promise<void> {
    this.#requirePassword(next);
    const password = next.reveal('password');
    if (!canBeSent.test(password)) {
      const text =
        'a password must not be empty, nor hold what no login can send (NUL, half a character); nothing was changed. Make another';
      throw this.#server.error('Refused', 'none', text);
    }
    await this.#alter(account, via, `PASSWORD '${await scramVerifier(password)}'`, context);
  }

  /** The verifier that the server keeps. Whoever may not read it, gets what the vault knows: the password itself. */
  async capture(account: string, via: Login, current: Secret, context: CallContext): Promise<Secret> {
    if (via.as === 'self') return current.pick(['password']);
    return this.#session(account, via, context, async (session) => {
      if (!(await mayReadVerifiers(session))) return current.pick(['password']);
      const [role] = await session.rows(stored, 'select rolpassword from pg_authid where rolname = $1', [account]);
      if (role === undefined) throw this.#noRole();
      return Secret.of({ verifier: role.rolpassword ?? '' });
    });
  }

  async revert(account: string, via: Login, captured: Secret, _next: Secret, context: EffectContext): Promise<void> {
    if (captured.has('password')) return this.change(account, via, captured, context);
    const verifier = captured.reveal('verifier');
    if (verifier !== '' && !isStoredForm(verifier)) {
      const text = 'what was saved for undo is no verifier of PostgreSQL; nothing was changed. Rotate the role forward';
      throw this.#server.error('Refused', 'none', text);
    }
    await this.#alter(account, via, verifier === '' ? 'PASSWORD NULL' : `PASSWORD '${verifier}'`, context);
  }

  /** There is one password, and the change replaced it. */
  async retire(_account: string, _via: Login, old: Secret, current: Secret): Promise<void> {
    if (!old.equals(current, ['password'])) return;
    const text = 'the password to retire is the current one; nothing was changed. Report this';
    throw this.#server.error('Bug', 'none', text);
  }

  async endSessions(
    account: string,
    via: Login,
    started: { readonly before: Instant },
    context: EffectContext,
  ): Promise<void> {
    this.#server.requireTime(context);
    await this.#session(account, via, context, (session) =>
      endSessions(this.#server, session, account, started.before, context),
    );
  }

  async suspend(account: string, via: Login, context: EffectContext): Promise<void> {
    this.#requireManagement(via);
    await this.#alter(account, via, 'NOLOGIN', context);
  }

  async reinstate(account: string, via: Login, context: EffectContext): Promise<void> {
    this.#requireManagement(via);
    await this.#alter(account, via, 'LOGIN', context);
  }

  async #alter(account: string, via: Login, change: string, context: EffectContext): Promise<void> {
    this.#requireAccount(account);
    this.#requirePassword(via.secret);
    await alterRole(this.#server, account, via, change, context);
  }

  #session<T>(account: string, via: Login, context: CallContext, use: (session: Session) => Promise<T>): Promise<T> {
    this.#requireAccount(account);
    this.#requirePassword(via.secret);
    return withSession(this.#server, via, context, use);
  }

  /** Reaches the server as the account, up to the question for its password: no login is refused by that. */
  async #knock(account: string, context: CallContext): Promise<Knock> {
    const outcome = await logIn(this.#server, { account, secret: null }, context);
    if (outcome.kind === 'in') {
      await outcome.session.close();
      const { message } = this.#server.error('Misconfigured', 'none', notAsked);
      return { askedInClear: false, findings: [{ severity: 'error', message }] };
    }
    if (outcome.failure !== 'asked' && outcome.failure !== 'askedInClear') {
      const { code, text } = loginFailures[outcome.failure];
      throw this.#server.error(code, 'none', text);
    }
    return {
      askedInClear: outcome.failure === 'askedInClear',
      findings: this.#server.settings.tls === 'off' ? [this.#inClear()] : [],
    };
  }

  #inClear(): TargetFinding {
    const text =
      'the connection has no TLS: whoever sits in between can pretend to be the server, and what was proved may be false. Set `tls`';
    return { severity: 'warning', message: this.#server.error('Misconfigured', 'none', text).message };
  }

  #requireAccount(account: string): void {
    const problem = accountProblem(account);
    if (problem !== null) throw this.#server.error('NotFound', 'none', `${problem}; nothing was changed`);
  }

  #requirePassword(secret: Secret): void {
    if (secret.has('password')) return;
    const text = 'the secret in the vault has no field "password"; nothing was sent. Store it there';
    throw this.#server.error('Misconfigured', 'none', text);
  }

  #requireManagement(via: Login): void {
    if (via.as === 'management') return;
    const text = 'no role may suspend itself; nothing was changed. Give the target a management login';
    throw this.#server.error('Unsupported', 'none', text);
  }

  #noRole(): DriverError {
    const text = 'there is no such role; nothing was changed. Correct the account in relock.yaml';
    return this.#server.error('NotFound', 'none', text);
  }
}

interface Knock {
  readonly askedInClear: boolean;
  readonly findings: readonly TargetFinding[];
}

const notAsked =
  'a login of this role from here is not asked for a password (trust, peer or cert in pg_hba.conf), so nothing could be proved. Set scram-sha-256 there';

async function mayReadVerifiers(session: Session): Promise<boolean> {
  const [answer] = await session.rows(z.object({ may: z.boolean() }), `select ${mayReadVerifiersSql} as may`);
  return answer?.may ?? false;
}
