import type { CallContext, EffectContext } from '../../contracts/context.js';
import type { DriverEnvironment } from '../../contracts/registration.js';
import type { Login, TargetDriver, TargetFinding } from '../../contracts/targetDriver.js';
import type { Capabilities } from '../../model/capabilities.js';
import { DriverError, type ErrorCode } from '../../model/errors.js';
import type { Probed } from '../../model/probe.js';
import type { Instant } from '../../model/time.js';
import type { Secret } from '../../secret/secret.js';
import { checkRole } from './checkRole.js';
import { probedBy, tokenOf } from './loginAnswer.js';
import { maxSlots, noRoom, Role, roleProblem } from './role.js';
import { type Management, Server } from './server.js';
import type { OpenbaoTargetSettings } from './settings.js';
import { issuesBatchTokens, TokenSweep } from './tokens.js';

export function appRoleCapabilities(settings: OpenbaoTargetSettings): Capabilities {
  return {
    overlap: true,
    makers: ['issued'],
    selfChange: false,
    managementChange: true,
    oldDies: 'onRetire',
    undo: 'retire',
    secretPolicy: null,
    settleMs: 0,
    silenceIsRefusal: false,
    lockoutThreshold: settings.lockoutThreshold,
    confirms: false,
    timedCommitMs: null,
    endsSessions: true,
    suspends: false,
    enumerates: true,
  };
}

/** What a probe may throw; everything else is an unknown answer. */
const thrownByProbe: readonly ErrorCode[] = ['Bug', 'Misconfigured', 'Unsupported'];

/** Secret-ids of an AppRole role. The account is the role's name; slots are accessors. */
export class AppRoleDriver implements TargetDriver {
  readonly capabilities: Capabilities;
  readonly #server: Server;

  constructor(
    target: { readonly id: string; readonly settings: OpenbaoTargetSettings },
    environment: DriverEnvironment,
  ) {
    this.capabilities = appRoleCapabilities(target.settings);
    this.#server = new Server(target, environment);
  }

  async check(account: string, via: Login | null, context: CallContext): Promise<readonly TargetFinding[]> {
    try {
      if (via === null) {
        await this.#server.send({ method: 'GET', path: ['sys', 'seal-status'] }, null, context);
        return [];
      }
      return await this.#server.withManagement(via, context, (management) =>
        checkRole(this.#server, management, account),
      );
    } catch (error) {
      if (error instanceof DriverError && error.code !== 'Bug') return [{ severity: 'error', message: error.message }];
      throw error;
    }
  }

  /** The token that a good login gives is revoked at once. */
  async probe(account: string, secret: Secret, context: CallContext): Promise<Probed> {
    this.#requireFields(secret);
    const answer = await this.#logIn(secret, context);
    if (answer === null) return { answer: 'unknown' };
    const token = tokenOf(answer.body);
    if (token !== null) await this.#server.endToken(token, context);
    return probedBy(answer, account);
  }

  /** A role that is gone, or whose settings end a secret-id by its use, refuses the right one as well. */
  async obstacle(account: string, via: Login, context: CallContext): Promise<string | null> {
    if (via.as === 'self') return null;
    try {
      const problem = await this.#withRole(account, via, context, async (role) => roleProblem(await role.settings()));
      return problem === null ? null : `role ${account} ${problem}`;
    } catch (error) {
      if (error instanceof DriverError && error.code === 'NotFound') return error.message;
      throw error;
    }
  }

  /** Throws `Refused` when the role has its two secret-ids already, or its settings forbid a proof. */
  async make(account: string, via: Login, context: EffectContext): Promise<Secret> {
    return this.#withRole(account, via, context, async (role) => {
      const problem = roleProblem(await role.settings());
      if (problem !== null) throw this.#refused(`role ${account} ${problem}`);
      const slots = await role.slots();
      if (slots.length >= maxSlots) throw this.#refused(noRoom(account, slots.length));
      return role.issue(context);
    });
  }

  async enumerate(account: string, via: Login, context: CallContext): Promise<readonly string[]> {
    return this.#withRole(account, via, context, (role) => role.slots());
  }

  async dropSlot(account: string, via: Login, slot: string, context: EffectContext): Promise<void> {
    await this.#withRole(account, via, context, async (role) => {
      if ((await role.slotAt(slot)) !== 'absent') await role.destroy(slot, context);
    });
  }

  /** Finds the secret-id by its value: a wrong accessor beside it in a vault must not kill another one. */
  async retire(account: string, via: Login, old: Secret, current: Secret, context: EffectContext): Promise<void> {
    this.#requireFields(old);
    if (old.equals(current, ['secret_id'])) {
      const text = `relock was about to destroy the current secret-id of role ${account}; nothing was changed. Please report this`;
      throw this.#server.error('Bug', 'none', text);
    }
    await this.#withRole(account, via, context, async (role) => {
      const slot = await role.slotOf(old);
      if (slot !== null) await role.destroy(slot.secret_id_accessor, context);
    });
  }

  /** Tokens outlive their secret-id. Those proven to be from a secret-id that works stay. */
  async endSessions(
    account: string,
    via: Login,
    started: { readonly before: Instant },
    context: EffectContext,
  ): Promise<void> {
    await this.#withRole(account, via, context, async (role, management) => {
      if ((await issuesBatchTokens(this.#server, management, await role.settings())) === true) {
        const text = `role ${account} issues batch tokens, which nobody can revoke; they live until their time is over. Set token_type to service`;
        throw this.#server.error('Unsupported', 'none', text);
      }
      await new TokenSweep(this.#server, management, context).run(role, account, started.before);
    });
  }

  #withRole<T>(
    account: string,
    via: Login,
    context: CallContext,
    use: (role: Role, management: Management) => Promise<T>,
  ): Promise<T> {
    return this.#server.withManagement(via, context, (management) =>
      use(new Role(this.#server, management, account), management),
    );
  }

  /** null: no answer that says anything. */
  async #logIn(secret: Secret, context: CallContext) {
    const path = [...this.#server.mountPath, 'login'];
    const body = { role_id: secret.reveal('role_id'), secret_id: secret.reveal('secret_id') };
    const request = { method: 'POST', path, body, effectFree: true, expected: [400, 403] } as const;
    return this.#server.send(request, null, context).catch((error: unknown) => {
      if (error instanceof DriverError && !thrownByProbe.includes(error.code)) return null;
      throw error;
    });
  }

  #requireFields(secret: Secret): void {
    if (secret.has('role_id') && secret.has('secret_id')) return;
    const text = 'the secret in the vault lacks `role_id` or `secret_id`; nothing was sent. Store both there';
    throw this.#server.error('Misconfigured', 'none', text);
  }

  #refused(text: string): DriverError {
    return this.#server.error('Refused', 'none', `${text}. Nothing was changed`);
  }
}
