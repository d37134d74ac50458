import type { CallContext, EffectContext } from '../../contracts/context.js';
import type { DriverEnvironment } from '../../contracts/registration.js';
import type { Foreseen, Login, TargetDriver, TargetFinding } from '../../contracts/targetDriver.js';
import type { Capabilities } from '../../model/capabilities.js';
import { DriverError } from '../../model/errors.js';
import type { Probed } from '../../model/probe.js';
import type { Instant } from '../../model/time.js';
import { type KeyKind, kindOfKey, kindOfType, publicKeyIn } from '../../secret/keyKind.js';
import { SshKeyError } from '../../secret/opensshKey.js';
import type { Secret } from '../../secret/secret.js';
import { fingerprintOfKey, parsePublicKey, publicKeyOf, type SshPublicKey } from '../../secret/sshKey.js';
import { addAtEnd, addBeside, hasKey, isShut, type KeyFile, keysOf, removeKey } from './authorizedKeys.js';
import { LinuxHost } from './host.js';
import { AuthorizedKeysFile } from './keyFile.js';
import { askKeyKinds, refusedKind } from './keyKinds.js';
import type { RootScript } from './remoteScript.js';
import { letIn, lookAtList, revokeKey } from './revokedKeys.js';
import type { LinuxSettings } from './settings.js';
import { writeRefusals } from './writeBarriers.js';

export function keyCapabilities(settings: LinuxSettings): Capabilities {
  return {
    overlap: true,
    makers: ['generated', 'supplied'],
    selfChange: true,
    managementChange: false,
    oldDies: 'onRetire',
    undo: 'retire',
    secretPolicy: null,
    settleMs: settings.settleMs,
    silenceIsRefusal: false,
    lockoutThreshold: null,
    confirms: false,
    timedCommitMs: null,
    endsSessions: true,
    suspends: settings.server === 'openssh',
    enumerates: true,
  };
}

const shutText =
  'no login of it can be proved from elsewhere, because every key in its file is let in from named addresses only (from=) or has expired (expiry-time). Probe from there (a zone), or change the options of its line';

const predecessorGone =
  'the present key is not in the key file, so it is not known with which options the new one should be let in. Find out who took it out, then put it back, or name the file that sshd reads (`authorizedKeysFile`); `keyOptions` says with which options a key is let in that stands beside none';
const noPredecessor =
  'no present key is known, so it is not known with which options the first one should be let in. Say so with `keyOptions` for this target';

/** UTF-8 as the key file holds it: one character per byte. */
function asBytes(comment: string): string {
  return Buffer.from(comment, 'utf8').toString('latin1');
}

function bareLine({ type, blob }: SshPublicKey): string {
  return `${type} ${blob}`;
}

/**
 * `linux × ssh-key`. The new key's line is put after the old one's, with the same options; `retire` takes the old one
 * out. Nothing else in the file changes. A key counts as the same wherever it stands, so two hosts that share a home need
 * one change, and the second one finds it done.
 */
export class LinuxKeyDriver implements TargetDriver {
  readonly capabilities: Capabilities;
  readonly #host: LinuxHost;

  constructor(target: { readonly id: string; readonly settings: LinuxSettings }, environment: DriverEnvironment) {
    this.#host = new LinuxHost(target, environment);
    this.capabilities = keyCapabilities(target.settings);
  }

  async check(
    account: string,
    via: Login | null,
    context: CallContext,
    foreseen?: Foreseen,
  ): Promise<readonly TargetFinding[]> {
    const findings = await this.#host.check('ssh-key', account, via, context);
    if (via?.as !== 'management' || findings.some(({ severity }) => severity === 'error')) return findings;
    try {
      const file = await this.#file(account, via).read(context);
      const shut = this.#shutLines(account, file);
      if (this.#revokes(via)) await this.#asRoot(account, via, lookAtList, context);
      const barriers = await this.#barriers(account, via, file, foreseen, context);
      return [
        ...findings,
        ...(shut === null ? [] : [{ severity: 'warning', message: shut } as const]),
        ...barriers.map(({ message }) => ({ severity: 'error', message }) as const),
      ];
    } catch (error) {
      if (!(error instanceof DriverError) || error.code === 'Bug') throw error;
      return [...findings, { severity: 'error', message: error.message }];
    }
  }

  /** Why a rotation that begins so could not put its key in, by whatever can be seen. */
  async #barriers(
    account: string,
    via: Login,
    file: KeyFile,
    foreseen: Foreseen | undefined,
    context: CallContext,
  ): Promise<readonly DriverError[]> {
    const unwritable = await this.#unwritable(account, via, context);
    if (foreseen === undefined) return unwritable === null ? [] : [unwritable];
    const { next, present } = foreseen;
    const refused = next === null ? null : await this.#refusedKind(account, via, kindOfType(next), context);
    const beside = present === null ? null : publicKeyIn(present)?.blob;
    // What cannot be read is the vault's matter, and named there.
    const noPlace = beside === undefined ? null : this.#noPlaceBeside(file, beside);
    return [refused, noPlace, unwritable].filter((error) => error !== null);
  }

  async obstacle(account: string, via: Login, context: CallContext): Promise<string | null> {
    if (via.as === 'self') return (await this.#unwritable(account, via, context))?.message ?? null;
    const seen = await this.#host.obstacle('ssh-key', account, via, context);
    if (seen !== null) return seen;
    return this.#shutLines(account, await this.#file(account, via).read(context));
  }

  /** Asked after a refusal, so that `from=` names others than this worker. */
  #shutLines(account: string, file: KeyFile): string | null {
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    if (!isShut(file, today)) return null;
    return this.#host.error('LockedOut', `${account}: ${shutText}`).message;
  }

  probe(account: string, secret: Secret, context: CallContext): Promise<Probed> {
    return this.#host.probe(account, secret.pick(['private_key']), context);
  }

  async change(account: string, via: Login, next: Secret, context: EffectContext, replacing?: Secret): Promise<void> {
    const key = this.#keyOf(next);
    const known = replacing ?? (via.as === 'self' && via.secret.has('private_key') ? via.secret : undefined);
    const old = known === undefined ? null : this.#keyOf(known);
    if (via.as === 'management' && old?.type !== key.type) {
      const refused = await this.#refusedKind(account, via, kindOfKey(key), context);
      if (refused !== null) throw refused;
    }
    if (this.#revokes(via)) await this.#asRoot(account, via, letIn(bareLine(key)), context, context);
    await this.#file(account, via).edit(context, (file) => this.#added(file, key, old?.blob ?? null));
  }

  /** Where a key of that kind replaces one of it, sshd takes both or none, and nobody need ask. */
  async #refusedKind(account: string, via: Login, kind: KeyKind, context: CallContext): Promise<DriverError | null> {
    const call = { account, via, script: askKeyKinds, what: 'looking at which keys sshd takes' };
    const why = refusedKind((await this.#host.asRoot(call, context)).toString('latin1'), kind);
    return why === null ? null : this.#host.error('Refused', `${account}: ${why}; nothing was changed`);
  }

  #added(file: KeyFile, key: SshPublicKey, replacing: string | null): KeyFile {
    if (hasKey(file, key.blob)) return file;
    const beside = replacing === null ? null : addBeside(file, key, replacing);
    if (beside !== null) return beside;
    const { keyOptions } = this.#host.settings;
    if (keyOptions !== undefined) return addAtEnd(file, key, keyOptions);
    throw this.#noPlace(replacing);
  }

  /** null: a new key would stand beside that one, or wherever relock.yaml says. */
  #noPlaceBeside(file: KeyFile, replacing: string | null): DriverError | null {
    if (this.#host.settings.keyOptions !== undefined || (replacing !== null && hasKey(file, replacing))) return null;
    return this.#noPlace(replacing);
  }

  #noPlace(replacing: string | null): DriverError {
    const why = replacing === null ? noPredecessor : predecessorGone;
    return this.#host.error('NotFound', `${why}; nothing was changed`);
  }

  async retire(account: string, via: Login, old: Secret, current: Secret, context: EffectContext): Promise<void> {
    const [gone, kept] = [this.#keyOf(old), this.#keyOf(current).blob];
    if (gone.blob === kept) {
      throw this.#host.error('Bug', 'the key to retire is the current one; nothing was changed. Report this');
    }
    await this.#file(account, via).edit(context, (file) => this.#removed(file, gone.blob, kept));
    if (this.#revokes(via)) await this.#asRoot(account, via, revokeKey(bareLine(gone)), context, context);
  }

  /** The list is root's. */
  #revokes(via: Login): boolean {
    return this.#host.settings.revokedKeys && via.as === 'management';
  }

  async #asRoot(account: string, via: Login, script: RootScript, context: CallContext, effect?: EffectContext) {
    const call = { account, via, script, what: 'the list of revoked keys' };
    await this.#host.asRoot(call, context, effect === undefined ? {} : { effect });
  }

  #removed(file: KeyFile, gone: string, kept: string): KeyFile {
    if (!hasKey(file, gone) || hasKey(file, kept)) return removeKey(file, gone);
    throw this.#host.error(
      'Conflict',
      'the key that is to stay is not in the key file: taking the other one out would lock the account. ' +
        'Nothing was changed. Look at the file',
    );
  }

  async enumerate(account: string, via: Login, context: CallContext): Promise<readonly string[]> {
    return keysOf(await this.#file(account, via).read(context)).map(fingerprintOfKey);
  }

  async dropSlot(account: string, via: Login, slot: string, context: EffectContext): Promise<void> {
    await this.#file(account, via).edit(context, (file) => {
      const found = keysOf(file).find((key) => fingerprintOfKey(key) === slot);
      return found === undefined ? file : removeKey(file, found.blob);
    });
  }

  endSessions(
    account: string,
    via: Login,
    started: { readonly before: Instant },
    context: EffectContext,
  ): Promise<void> {
    return this.#host.endSessions('ssh-key', account, via, started, context);
  }

  suspend(account: string, via: Login, context: EffectContext): Promise<void> {
    return this.#host.suspend(account, via, context);
  }

  reinstate(account: string, via: Login, context: EffectContext): Promise<void> {
    return this.#host.reinstate(account, via, context);
  }

  async #unwritable(account: string, via: Login, context: CallContext): Promise<DriverError | null> {
    const barrier = await this.#file(account, via).barrier(context);
    return barrier === null ? null : this.#host.error('Refused', writeRefusals[barrier]);
  }

  #file(account: string, via: Login): AuthorizedKeysFile {
    return new AuthorizedKeysFile(this.#host, account, via);
  }

  /** The public half is computed: a `public_key` that does not fit its `private_key` must not be installed. */
  #keyOf(secret: Secret): SshPublicKey {
    try {
      const comment = secret.has('public_key') ? (parsePublicKey(secret.reveal('public_key'))?.comment ?? '') : '';
      return publicKeyOf(secret.reveal('private_key'), asBytes(comment.replace(/\p{Cc}/gu, '')));
    } catch (error) {
      if (!(error instanceof SshKeyError)) throw error;
      throw this.#host.error('Refused', `${error.message}; nothing was changed. Store a key that OpenSSH can read`);
    }
  }
}
