import type { CallContext, EffectContext } from '../../contracts/context.js';
import type { DriverEnvironment } from '../../contracts/registration.js';
import type { Login, TargetFinding } from '../../contracts/targetDriver.js';
import { DriverError, type ErrorCode } from '../../model/errors.js';
import type { CredentialKind } from '../../model/kinds.js';
import type { Probed } from '../../model/probe.js';
import type { Instant } from '../../model/time.js';
import type { Secret } from '../../secret/secret.js';
import type { Input } from '../../transport/ssh/command.js';
import { connectSsh, fetchHostKey, hostKeyError, logIn, loginWords, withSsh } from '../../transport/ssh/connect.js';
import { type SshEndpoint, showAddress, sshError } from '../../transport/ssh/endpoint.js';
import type { SshSession } from '../../transport/ssh/session.js';
import { reinstateAccount, suspendAccount } from './accountScripts.js';
import { inspectAccount } from './inspectScript.js';
import { findingsOf, obstacleOf } from './obstacles.js';
import { type RootScript, runAsRoot } from './remoteScript.js';
import { endAccountSessions } from './sessionScript.js';
import { endpointOf, keyFilePath, type LinuxSettings } from './settings.js';

/** Process ids in one message. */
const mostShown = 10;

function leftWords(processes: readonly string[]): string {
  const shown = processes.filter((id) => /^\d{1,10}$/.test(id)).slice(0, mostShown);
  return `processes ${shown.join(', ')} may come from an old login and cannot be told from services, so they were left. Look at them, and end by hand what should not run`;
}

const certificateWords =
  'sshd takes user certificates (TrustedUserCAKeys), and one that was signed over the old key still opens the account until it expires. Put the old key into RevokedKeys there, or accept the risk in writing; `revokedKeys: true` for the target does so from the next rotation on';

/** What both kinds of credential do on a Linux host in the same way. */
export class LinuxHost {
  readonly endpoint: SshEndpoint;
  readonly settings: LinuxSettings;

  constructor(target: { readonly id: string; readonly settings: LinuxSettings }, environment: DriverEnvironment) {
    this.endpoint = endpointOf(target, environment);
    this.settings = target.settings;
  }

  /** An error before anything was sent. */
  error(code: ErrorCode, text: string): DriverError {
    return sshError(this.endpoint, { code, effect: 'none', message: `${showAddress(this.endpoint.address)}: ${text}` });
  }

  /** An error after something was sent, without an answer that decides. */
  unknown(text: string): DriverError {
    return sshError(this.endpoint, {
      code: 'Unreachable',
      effect: 'unknown',
      message: `${showAddress(this.endpoint.address)}: ${text}`,
    });
  }

  requireManagement(via: Login, what: string): void {
    if (via.as === 'management') return;
    throw this.error('Unsupported', `${what} needs a management login; nothing was changed. Give the target one`);
  }

  session<T>(via: Login, context: CallContext, use: (session: SshSession) => Promise<T>): Promise<T> {
    return withSsh(this.endpoint, via, context, use);
  }

  open(via: Login, context: CallContext): Promise<SshSession> {
    return connectSsh(this.endpoint, via, context);
  }

  /** One script as root on a connection of its own. */
  asRoot(
    call: { readonly account: string; readonly via: Login; readonly script: RootScript; readonly what: string },
    context: CallContext,
    work: { readonly input?: (words: readonly string[]) => Input; readonly effect?: EffectContext } = {},
  ): Promise<Buffer> {
    this.requireManagement(call.via, call.what);
    return this.session(call.via, context, (session) => runAsRoot(session, { ...call, settings: this.settings }, work));
  }

  /**
   * One login; with `sftpOnly`, also the SFTP subsystem. An expired password that is asked for at login was the right
   * one: `accepted`. A login never says `barred`: an account that PAM keeps out is hung up on, or looks `rejected` for every
   * password, and only texts of the device's owner tell the two apart. `obstacle` does.
   */
  async probe(account: string, secret: Secret, context: CallContext): Promise<Probed> {
    const login = await logIn(this.endpoint, { account, secret }, context);
    if (login.answer === 'expired') return { answer: 'accepted' };
    if (login.answer === 'rejected') return { answer: 'rejected' };
    if (login.answer !== 'accepted')
      return { answer: login.answer, because: loginWords(this.endpoint, account, login.failure) };
    try {
      if (this.settings.sftpOnly) await (await login.session.sftp()).probe();
      return { answer: 'accepted' };
    } catch {
      const where = `${showAddress(this.endpoint.address)} (login ${account})`;
      return {
        answer: 'unknown',
        because: `${where}: the login was let in, but SFTP does not work for it; look at its log`,
      };
    } finally {
      login.session.close();
    }
  }

  async suspend(account: string, via: Login, context: EffectContext): Promise<void> {
    const script = suspendAccount({ lock: this.settings.server === 'dropbear' });
    const call = { account, via, script, what: 'suspending an account' };
    await this.asRoot(call, context, { effect: context });
  }

  async reinstate(account: string, via: Login, context: EffectContext): Promise<void> {
    const call = { account, via, script: reinstateAccount, what: 'reinstating an account' };
    await this.asRoot(call, context, { effect: context });
  }

  /** Counts in the host's own uptime, so that its clock need not agree with ours. */
  async endSessions(
    kind: CredentialKind,
    account: string,
    via: Login,
    started: { readonly before: Instant },
    context: EffectContext,
  ): Promise<void> {
    const script = endAccountSessions({ revokes: this.settings.revokedKeys });
    const call = { account, via, script, what: 'ending sessions' };
    const input = ([uptime]: readonly string[]) => {
      const limitSeconds = Number(uptime) - (Date.now() - started.before) / 1000;
      return `${limitSeconds.toFixed(2)}\n`;
    };
    const lines = (await this.asRoot(call, context, { input, effect: context })).toString('latin1').split('\n');
    const left =
      lines
        .find((line) => line.startsWith('left '))
        ?.split(' ')
        .slice(1) ?? [];
    if (left.length > 0) throw this.#remains(`sessions of ${account} were ended; ${leftWords(left)}`);
    if (kind === 'ssh-key' && lines.includes('certificates'))
      throw this.#remains(`the key of ${account} was replaced; ${certificateWords}`);
  }

  /** What was asked for was done, and nobody may take what remains for nothing. */
  #remains(text: string): DriverError {
    const message = `${showAddress(this.endpoint.address)}: ${text}`;
    return sshError(this.endpoint, { code: 'Refused', effect: 'unknown', message });
  }

  /** Reachable, pinned, management login, its rights, the account and its state. */
  async check(
    kind: CredentialKind,
    account: string,
    via: Login | null,
    context: CallContext,
  ): Promise<readonly TargetFinding[]> {
    try {
      if (via?.as !== 'management') return await this.#checkHostKey(context);
      const words = (await this.#inspect(account, via, context)).filter((word) => !this.#seesTo(word));
      return findingsOf(words, kind, account).map(({ severity, message }) => ({
        severity,
        message: `${showAddress(this.endpoint.address)}: ${message}`,
      }));
    } catch (error) {
      if (error instanceof DriverError && error.code !== 'Bug') return [{ severity: 'error', message: error.message }];
      throw error;
    }
  }

  #seesTo(word: string): boolean {
    return word === 'revocable' && this.settings.revokedKeys;
  }

  /** What keeps the account out, as root sees it; null: nothing that can be seen. */
  async obstacle(kind: CredentialKind, account: string, via: Login, context: CallContext): Promise<string | null> {
    const found = obstacleOf(await this.#inspect(account, via, context), kind, account);
    return found === null ? null : `${showAddress(this.endpoint.address)}: ${found}`;
  }

  async #inspect(account: string, via: Login, context: CallContext): Promise<readonly string[]> {
    const script = inspectAccount(keyFilePath(this.settings, account));
    const said = await this.asRoot({ account, via, script, what: 'a check' }, context);
    return said.toString('latin1').trim().split('\n');
  }

  async #checkHostKey(context: CallContext): Promise<readonly TargetFinding[]> {
    const seen = await fetchHostKey(this.endpoint, context);
    if (seen !== this.endpoint.address.hostKey) throw hostKeyError(this.endpoint, seen);
    return [];
  }
}
