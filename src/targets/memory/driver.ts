import type { CallContext, EffectContext } from '../../contracts/context.js';
import type { Login, TargetDriver, TargetFinding } from '../../contracts/targetDriver.js';
import type { Capabilities } from '../../model/capabilities.js';
import { DriverError, type ErrorCode } from '../../model/errors.js';
import type { Probed } from '../../model/probe.js';
import type { Instant } from '../../model/time.js';
import type { Secret } from '../../secret/secret.js';
import type { MemoryDevice } from './fleet.js';

const tooYoung =
  'the secret is too young for the account to change it itself; nothing was changed. Use a management login, or wait';

/** A driver for a simulated device: it has every verb, the capabilities of its device say which are to be used. */
export class MemoryTargetDriver implements TargetDriver {
  readonly capabilities: Capabilities;
  readonly #device: MemoryDevice;

  constructor(device: MemoryDevice) {
    this.#device = device;
    this.capabilities = device.options.capabilities;
  }

  #error(code: ErrorCode, text: string): DriverError {
    return new DriverError({ code, effect: 'none', driver: 'memory', subject: this.#device.id, message: text });
  }

  #interrupted(context: CallContext): boolean {
    return context.signal.aborted || context.deadline <= this.#device.now;
  }

  #reach(account: string, via: Login | null, context: CallContext): void {
    if (this.#interrupted(context)) throw this.#error('Timeout', 'no answer in time; nothing was changed');
    if (!this.#device.reachable) throw this.#error('Unreachable', 'the device is down; nothing was changed');
    if (via !== null) this.#requireLogin(via);
    if (!this.#device.has(account)) throw this.#error('NotFound', 'the account is not there; nothing was changed');
  }

  #requireLogin(via: Login): void {
    const { management, fields } = this.#device.options;
    const accepted =
      via.as === 'self'
        ? this.#device.has(via.account) && this.#device.logIn(via.account, via.secret) === 'accepted'
        : management !== null && via.account === management.account && via.secret.equals(management.secret, fields);
    if (!accepted) throw this.#error('Unauthorized', 'the login was refused; nothing was changed');
  }

  #act(account: string, via: Login, context: EffectContext): void {
    this.#reach(account, via, context);
    if (context.notAfter <= this.#device.now) throw this.#error('Timeout', 'too late; nothing was changed');
  }

  async check(account: string, via: Login | null, context: CallContext): Promise<readonly TargetFinding[]> {
    try {
      this.#reach(account, via?.as === 'management' ? via : null, context);
      return [];
    } catch (error) {
      if (error instanceof DriverError) return [{ severity: 'error', message: error.message }];
      throw error;
    }
  }

  async probe(account: string, secret: Secret, context: CallContext): Promise<Probed> {
    if (this.#interrupted(context) || !this.#device.reachable) return { answer: 'unknown' };
    if (!this.#device.has(account)) return { answer: 'rejected' };
    const answer = this.#device.logIn(account, secret);
    if (answer === 'barred') return { answer, because: `says that ${account} is locked or suspended; open it again` };
    return { answer: answer === 'rejected' && this.capabilities.silenceIsRefusal ? 'unknown' : answer };
  }

  async obstacle(account: string, via: Login, context: CallContext): Promise<string | null> {
    this.#reach(account, via, context);
    if (via.as === 'self') return this.#device.isYoung(account) ? tooYoung : null;
    return this.#device.isShut(account)
      ? `${this.#device.id} lets ${account} in with no secret. Open it to the account, then go on`
      : null;
  }

  async change(account: string, via: Login, next: Secret, context: EffectContext): Promise<void> {
    this.#act(account, via, context);
    if (this.#device.options.refuses?.(next) === true) {
      throw this.#error('Refused', 'the device does not take this secret; nothing was changed');
    }
    if (via.as === 'self' && this.#device.isYoung(account)) throw this.#error('Refused', tooYoung);
    this.#device.change(account, next);
  }

  async make(account: string, via: Login, context: EffectContext): Promise<Secret> {
    this.#act(account, via, context);
    const made = this.#device.make(account);
    if (made === null) throw this.#error('Refused', 'no slot is free; nothing was made');
    return made;
  }

  async enumerate(account: string, via: Login, context: CallContext): Promise<readonly string[]> {
    this.#reach(account, via, context);
    return this.#device.slots(account);
  }

  async dropSlot(account: string, via: Login, slot: string, context: EffectContext): Promise<void> {
    this.#act(account, via, context);
    this.#device.dropSlot(account, slot);
  }

  async capture(account: string, via: Login, current: Secret, context: CallContext): Promise<Secret> {
    this.#reach(account, via, context);
    return current.pick(this.#device.options.fields);
  }

  async revert(account: string, via: Login, captured: Secret, _next: Secret, context: EffectContext): Promise<void> {
    this.#act(account, via, context);
    this.#device.restore(account, captured);
  }

  async retire(account: string, via: Login, old: Secret, current: Secret, context: EffectContext): Promise<void> {
    if (old.equals(current, this.#device.options.fields)) {
      throw this.#error('Bug', 'the secret to retire is the current one; nothing was changed');
    }
    this.#act(account, via, context);
    this.#device.retire(account, old);
  }

  async confirm(account: string, via: Login, context: EffectContext): Promise<void> {
    this.#act(account, via, context);
    this.#device.confirm(account);
  }

  async endSessions(
    account: string,
    via: Login,
    started: { readonly before: Instant },
    context: EffectContext,
  ): Promise<void> {
    this.#act(account, via, context);
    this.#device.endSessions(account, started.before);
  }

  async suspend(account: string, via: Login, context: EffectContext): Promise<void> {
    this.#act(account, via, context);
    this.#device.setSuspended(account, true);
  }

  async reinstate(account: string, via: Login, context: EffectContext): Promise<void> {
    this.#act(account, via, context);
    this.#device.setSuspended(account, false);
  }
}
