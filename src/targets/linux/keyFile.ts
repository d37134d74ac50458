import { randomBytes } from 'node:crypto';
import type { CallContext, EffectContext } from '../../contracts/context.js';
import type { Login } from '../../contracts/targetDriver.js';
import { DriverError } from '../../model/errors.js';
import { maxOutputBytes } from '../../transport/ssh/command.js';
import type { SshSession } from '../../transport/ssh/session.js';
import { SftpFailure, type SftpFiles } from '../../transport/ssh/sftp.js';
import type { KeyFile } from './authorizedKeys.js';
import type { LinuxHost } from './host.js';
import { type KeyFileScripts, managedKeyFile, ownKeyFile, writeInput } from './keyFileScripts.js';
import { maxKeyFileBytes, type RootScript, runAsRoot, runAsSelf, tooBig } from './remoteScript.js';
import { keyFilePath } from './settings.js';
import { barrierOf, type WriteRefusal } from './writeBarriers.js';

/** A file as it was read, and a write that happens only while it is still that one. */
interface Snapshot {
  readonly file: KeyFile;
  /** Throws `Conflict` with effect `none` when somebody else wrote meanwhile. */
  write(edited: KeyFile, context: EffectContext): Promise<void>;
}

type ReadSnapshot = () => Promise<Snapshot>;

/** How often an edit starts again because another one came first. */
const maxEdits = 8;

/** With what shells print at their start. */
const mostBytes = maxKeyFileBytes + maxOutputBytes;

const text = (bytes: Buffer): KeyFile => bytes.toString('latin1');
const bytesOf = (file: KeyFile): Buffer => Buffer.from(file, 'latin1');

/** Reads and edits one account's `authorized_keys`, by management, by a shell of the account, or by its SFTP. */
export class AuthorizedKeysFile {
  readonly #host: LinuxHost;
  readonly #account: string;
  readonly #via: Login;

  constructor(host: LinuxHost, account: string, via: Login) {
    this.#host = host;
    this.#account = account;
    this.#via = via;
  }

  read(context: CallContext): Promise<KeyFile> {
    return this.#host.session(this.#via, context, async (session) => {
      const { file } = await this.#reader(session)();
      return file;
    });
  }

  /** Why the file could not be replaced now, as far as that can be seen without a write; over SFTP nothing can. */
  async barrier(context: CallContext): Promise<WriteRefusal | null> {
    if (this.#isSftp) return null;
    const said = await this.#host.session(this.#via, context, (session) => {
      const { scripts, run } = this.#shell(session);
      return run(scripts.look, {});
    });
    return barrierOf(said.toString('latin1').trim().split('\n'));
  }

  /** Writes what `edit` makes of the file, unless that is the file itself; again when somebody else wrote in between. */
  edit(context: EffectContext, edit: (file: KeyFile) => KeyFile): Promise<void> {
    return this.#host.session(this.#via, context, async (session) => {
      const read = this.#reader(session);
      for (let attempt = 1; !(await this.#editOnce(read, context, edit, attempt === maxEdits)); attempt++);
    });
  }

  async #editOnce(
    read: ReadSnapshot,
    context: EffectContext,
    edit: (file: KeyFile) => KeyFile,
    last: boolean,
  ): Promise<boolean> {
    const snapshot = await read();
    const edited = edit(snapshot.file);
    if (edited === snapshot.file) return true;
    try {
      await snapshot.write(edited, context);
      return true;
    } catch (error) {
      const lost = error instanceof DriverError && error.code === 'Conflict' && error.effect === 'none';
      if (lost && !last) return false;
      throw error;
    }
  }

  get #isSftp(): boolean {
    return this.#via.as === 'self' && this.#host.settings.sftpOnly;
  }

  get #path(): string {
    return keyFilePath(this.#host.settings, this.#account);
  }

  #reader(session: SshSession): ReadSnapshot {
    return this.#isSftp ? sftpReader(session, this.#path) : scriptReader(this.#shell(session));
  }

  #shell(session: SshSession): Shell {
    const account = this.#account;
    if (this.#via.as === 'self')
      return { scripts: ownKeyFile(this.#path), run: (script, work) => runAsSelf(session, { account, script }, work) };
    const options = { settings: this.#host.settings, via: this.#via, account };
    return {
      scripts: managedKeyFile(this.#path),
      run: (script, work) => runAsRoot(session, { ...options, script }, work),
    };
  }
}

interface Shell {
  readonly scripts: KeyFileScripts;
  run(script: RootScript, work: Parameters<typeof runAsSelf>[2]): Promise<Buffer>;
}

function scriptReader({ scripts, run }: Shell): ReadSnapshot {
  return async () => {
    let digest = '';
    const input = ([word]: readonly string[]) => {
      digest = word ?? '';
      return '';
    };
    const file = text(await run(scripts.read, { input, mostBytes }));
    return {
      file,
      write: async (edited, effect) => {
        const bytes = bytesOf(edited);
        await run(scripts.write(digest, bytes.length), { input: () => writeInput(bytes), effect });
      },
    };
  };
}

/** SFTP has no locks: the file is read again right before it is replaced. Edits of one account must not run together. */
function sftpReader(session: SshSession, path: string): ReadSnapshot {
  return async () => {
    const files = await session.sftp();
    const file = await readOverSftp(session, files, path);
    return {
      file: file ?? '',
      write: async (edited, effect) => {
        const temporary = `${path}.relock-${randomBytes(6).toString('hex')}`;
        try {
          await files.create(temporary, bytesOf(edited), 0o600);
          await files.chmod(temporary, file === null ? 0o600 : await files.mode(path));
          await replaceUnchanged(session, files, { path, temporary, before: file, effect });
        } catch (error) {
          await files.remove(temporary).catch(() => undefined);
          throw sftpError(session, error);
        }
      },
    };
  };
}

async function replaceUnchanged(
  session: SshSession,
  files: SftpFiles,
  step: { path: string; temporary: string; before: KeyFile | null; effect: EffectContext },
): Promise<void> {
  if ((await readOverSftp(session, files, step.path)) !== step.before) {
    throw session.failure('Conflict', 'somebody else changed the key file meanwhile; nothing was changed. Try again');
  }
  session.beginEffect(step.effect);
  await files.replace(step.temporary, step.path).catch((error: unknown) => {
    if (error instanceof SftpFailure) session.provedNoEffect();
    throw error;
  });
}

async function readOverSftp(session: SshSession, files: SftpFiles, path: string): Promise<KeyFile | null> {
  try {
    return text(await files.read(path, maxKeyFileBytes));
  } catch (error) {
    if (error instanceof SftpFailure && error.reason === 'missing') return null;
    throw sftpError(session, error);
  }
}

function sftpError(session: SshSession, error: unknown): unknown {
  if (!(error instanceof SftpFailure)) return error;
  if (error.reason === 'tooBig') return session.failure('Unsupported', tooBig);
  return session.failure(
    error.reason === 'denied' ? 'Refused' : 'Unsupported',
    'the server does not let the account replace its key file over SFTP. Use a management login',
  );
}
