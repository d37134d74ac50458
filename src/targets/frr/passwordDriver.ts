import type { CallContext, EffectContext } from '../../contracts/context.js';
import type { Login, TargetDriver, TargetFinding } from '../../contracts/targetDriver.js';
import type { Capabilities } from '../../model/capabilities.js';
import { DriverError, type ErrorCode } from '../../model/errors.js';
import type { Probed } from '../../model/probe.js';
import { policyProblem } from '../../model/secretPolicy.js';
import { Secret } from '../../secret/secret.js';
import { fetchHostKey, hostKeyError, withSsh } from '../../transport/ssh/connect.js';
import { type SshEndpoint, showAddress, sshError } from '../../transport/ssh/endpoint.js';
import { significantCharacters } from './desCrypt.js';
import { allAre, hashOf, isHashOf, type PasswordLine, passwordLines } from './passwordLine.js';
import { RouterCli } from './routerCli.js';
import { accountProblem, endpointOf, type FrrSettings, requireHostPort, secretPolicy } from './settings.js';
import { logInToVty, type VtyAnswer } from './vtyLogin.js';

export const frrCapabilities: Capabilities = {
  overlap: false,
  makers: ['generated', 'supplied'],
  selfChange: false,
  managementChange: true,
  oldDies: 'now',
  // Not `change`: a rotation may be undone after its confirm, and only `revert` knows that it must save what it put back.
  undo: 'capture',
  secretPolicy,
  settleMs: 2_000,
  silenceIsRefusal: false,
  // Three refused attempts end a connection; nothing counts them beyond it.
  lockoutThreshold: null,
  confirms: true,
  timedCommitMs: null,
  // The VTY has no command that ends other sessions; exec-timeout ends idle ones.
  endsSessions: false,
  suspends: false,
  enumerates: false,
};

/** What a VTY did that leads to no answer, and what to do. */
const undecided: Readonly<Partial<Record<VtyAnswer, string>>> = {
  mute: 'hangs up without asking for a password, as it does where none is set: nobody gets in. Set one by hand',
  open: 'asks for no password (`no login`), so nothing could be proved. Take `no login` off its lines',
};
const silent =
  'does not answer as a VTY does, so nothing could be proved. Check probeAddress, and the -A and -P options of the daemon';

const noPassword = 'the router has no VTY password; nothing was changed. Set one by hand first';

/** Control characters end the line, or mean something else, at a telnet prompt. */
const unsendable = /\p{Cc}/u;

/** The password of an FRR router's telnet VTY. */
export class FrrPasswordDriver implements TargetDriver {
  readonly capabilities = frrCapabilities;
  readonly #endpoint: SshEndpoint;
  readonly #settings: FrrSettings;

  constructor(target: { readonly id: string; readonly settings: FrrSettings }) {
    this.#endpoint = endpointOf(target);
    this.#settings = target.settings;
  }

  async check(account: string, via: Login | null, context: CallContext): Promise<readonly TargetFinding[]> {
    try {
      const found = via === null ? await this.#checkHostKey(context) : await this.#checkCli(account, via, context);
      const vty = await logInToVty(this.#probeAddress(), null, context);
      const errors = vty === 'asks' ? found : [...found, this.#vtyWords(vty)];
      return [...errors.map((message) => ({ severity: 'error', message }) as const), ...this.#warnings()];
    } catch (error) {
      if (error instanceof DriverError && error.code !== 'Bug') return [{ severity: 'error', message: error.message }];
      throw error;
    }
  }

  async probe(account: string, secret: Secret, context: CallContext): Promise<Probed> {
    this.#requireAccount(account);
    const password = secret.reveal('password');
    if (unsendable.test(password)) {
      throw this.#error(
        'Misconfigured',
        'the password in the vault has control characters; no login was tried. Store it without',
      );
    }
    const answer = await logInToVty(this.#probeAddress(), password, context);
    if (answer === 'accepted' || answer === 'rejected') return { answer };
    return { answer: 'unknown', because: this.#vtyWords(answer) };
  }

  /** A VTY without a password lets nobody in; what its greeting says is the owner's text, so management is asked. */
  async obstacle(account: string, via: Login, context: CallContext): Promise<string | null> {
    if (via.as === 'self') return null;
    const lines = await this.#withCli(account, via, context, (cli) => cli.runningLines());
    return lines.length === 0 ? this.#error('Misconfigured', noPassword).message : null;
  }

  #vtyWords(answer: VtyAnswer): string {
    return `the VTY at ${this.#settings.probeAddress} ${undecided[answer] ?? silent}`;
  }

  async change(account: string, via: Login, next: Secret, context: EffectContext, replacing?: Secret): Promise<void> {
    const password = next.reveal('password');
    this.#requireTaken(password, replacing);
    await this.#withCli(account, via, context, async (cli) => {
      const lines = await cli.runningLines();
      this.#requireHashed(lines);
      if (!allAre(lines, (hash) => isHashOf(hash, password))) await cli.setHash(hashOf(password), context);
    });
  }

  /** The line as it runs. Throws `Refused` when not every daemon has the current password: then no line is right for all. */
  async capture(account: string, via: Login, current: Secret, context: CallContext): Promise<Secret> {
    return this.#withCli(account, via, context, async (cli) => {
      const lines = await cli.runningLines();
      this.#requireHashed(lines);
      const [first] = lines;
      const known = allAre(lines, (hash) => isHashOf(hash, current.reveal('password')));
      if (!known || first?.kind !== 'hashed') {
        throw this.#error(
          'Refused',
          'not every daemon of the router has the current password, so no undo would be right; nothing was changed. Set one password for all',
        );
      }
      return Secret.of({ hash: first.hash });
    });
  }

  /** Puts the line back and saves it: the rotation may have been confirmed before it is undone. */
  async revert(account: string, via: Login, captured: Secret, _next: Secret, context: EffectContext): Promise<void> {
    const hash = captured.reveal('hash');
    await this.#withCli(account, via, context, async (cli) => {
      if (!allAre(await cli.runningLines(), (each) => each === hash)) await cli.setHash(hash, context);
      await cli.save(this.#settings.startupConfig, context);
    });
  }

  /** There is one slot, and the change took it: this only looks. */
  async retire(account: string, via: Login, old: Secret, current: Secret, context: EffectContext): Promise<void> {
    if (significant(old) === significant(current)) {
      throw this.#error(
        'Bug',
        'the old and the current password are the same to this router; nothing was changed. Please report this',
      );
    }
    await this.#withCli(account, via, context, async (cli) => {
      const lines = await cli.runningLines();
      if (!lines.some((line) => line.kind === 'hashed' && isHashOf(line.hash, old.reveal('password')))) return;
      throw this.#error(
        'Refused',
        'a daemon of the router still has the old password; nothing was changed. Rotate it once more',
      );
    });
  }

  async confirm(account: string, via: Login, context: EffectContext): Promise<void> {
    await this.#withCli(account, via, context, (cli) => cli.save(this.#settings.startupConfig, context));
  }

  async #withCli<T>(
    account: string,
    via: Login,
    context: CallContext,
    use: (cli: RouterCli) => Promise<T>,
  ): Promise<T> {
    this.#requireAccount(account);
    return withSsh(this.#endpoint, via, context, async (session) => {
      const cli = await RouterCli.open(session);
      try {
        return await use(cli);
      } finally {
        cli.close();
      }
    });
  }

  async #checkHostKey(context: CallContext): Promise<readonly string[]> {
    const seen = await fetchHostKey(this.#endpoint, context);
    if (seen !== this.#endpoint.address.hostKey) throw hostKeyError(this.#endpoint, seen);
    return [];
  }

  async #checkCli(account: string, via: Login, context: CallContext): Promise<readonly string[]> {
    const { startupConfig } = this.#settings;
    return this.#withCli(account, via, context, async (cli) => {
      const lines = await cli.runningLines();
      this.#requireHashed(lines);
      const saved = startupConfig === null ? lines : passwordLines(await cli.readFile(startupConfig));
      return saved.length > 0
        ? []
        : [
            `${startupConfig} on ${this.#endpoint.subject} holds no password line: a restart would leave the VTY without one. Save the configuration there`,
          ];
    });
  }

  #warnings(): readonly TargetFinding[] {
    if (this.#settings.startupConfig !== null) return [];
    const message = `${this.#endpoint.subject}: what the router saves is not read again (startupConfig is null), and it says [OK] also when its disk is full. Let the management login read the file`;
    return [{ severity: 'warning', message }];
  }

  #requireAccount(account: string): void {
    const problem = accountProblem(account);
    if (problem !== null) throw this.#error('NotFound', `there is no such account; ${problem}. Nothing was changed`);
  }

  /** Refuses a value that the router would not tell from the present one, or that nobody could type there. */
  #requireTaken(next: string, replacing: Secret | undefined): void {
    const problem = policyProblem(secretPolicy, next);
    if (problem !== null)
      throw this.#error('Refused', `the new password does not fit: ${problem}; nothing was changed. Make another`);
    if (replacing === undefined || replacing.reveal('password') === next) return;
    if (significant(replacing) === next.slice(0, significantCharacters)) {
      throw this.#error(
        'Refused',
        `the new password begins with the same ${significantCharacters} characters as the present one, and more do not count there; nothing was changed. Make another`,
      );
    }
  }

  #requireHashed(lines: readonly PasswordLine[]): void {
    if (lines.length === 0) {
      throw this.#error('Misconfigured', noPassword);
    }
    if (lines.some((line) => line.kind === 'clear')) {
      throw this.#error(
        'Misconfigured',
        'the router keeps its passwords in clear text; nothing was changed. Turn on `service password-encryption` there',
      );
    }
  }

  #probeAddress() {
    return requireHostPort(this.#settings.probeAddress);
  }

  #error(code: ErrorCode, text: string): DriverError {
    const message = `${showAddress(this.#endpoint.address)}: ${text}`;
    return sshError(this.#endpoint, { code, effect: 'none', message });
  }
}

function significant(secret: Secret): string {
  return secret.reveal('password').slice(0, significantCharacters);
}
