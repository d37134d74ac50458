import type { EffectContext } from '../../contracts/context.js';
import type { DriverError } from '../../model/errors.js';
import type { Millis } from '../../model/time.js';
import type { Dialogue } from '../../transport/ssh/dialogue.js';
import type { SshSession } from '../../transport/ssh/session.js';
import { SftpFailure } from '../../transport/ssh/sftp.js';
import { type PasswordLine, passwordLines } from './passwordLine.js';

/** One step of the CLI. */
const stepMs: Millis = 10_000;
/** Saving asks every daemon for its part. */
const saveMs: Millis = 60_000;

/** Where the CLI stands: its prompts, at the end of what it said. */
const prompts = {
  configure: /(?:^|\n)[^\s()]+\(config\)# $/,
  privileged: /(?:^|\n)[^\s()#>]+# $/,
  restricted: /(?:^|\n)[^\s()#>]+> $/,
  shell: /[$%] $/,
} as const;

/** vtysh speaks to each daemon on its own, and says so when it loses one. */
const daemonIsLost = /^Warning: .*(failed|closing connection)/m;
/** watchfrr knows those that were not there when vtysh began. Where it does not run, it is not known either. */
const daemonIsDown = /^[ \t]+\S+[ \t]+(Down|Init|Connecting|Unresponsive)\b/m;
const refusal = /^%|please specify|unknown command/im;
const saved = /\[OK\]/;
const notSaved = /^%|fail|error|cannot|can't/im;

const maxConfigBytes = 8 * 1024 * 1024;

/** vtysh as the login shell of the management account, at its privileged prompt. */
export class RouterCli {
  readonly #session: SshSession;
  readonly #talk: Dialogue;

  private constructor(session: SshSession, talk: Dialogue) {
    this.#session = session;
    this.#talk = talk;
  }

  static async open(session: SshSession): Promise<RouterCli> {
    const talk = await session.shell();
    const heard = await talk.expect(prompts, stepMs);
    if (heard === 'privileged') return new RouterCli(session, talk);
    talk.close();
    const why =
      heard === 'restricted'
        ? 'the management login has no privileged CLI; nothing was changed. Put it into the group frrvty'
        : 'no router prompt came after the login; nothing was changed. Give the management login /usr/bin/vtysh as its shell';
    throw session.failure('Misconfigured', why);
  }

  close(): void {
    this.#talk.close();
  }

  /** The present VTY passwords. Only these lines are asked for. */
  async runningLines(): Promise<readonly PasswordLine[]> {
    return passwordLines(await this.#say('show running-config | include ^password', 'privileged'));
  }

  /**
   * Sets `password 8 <hash>` in every daemon and reads it back. The CLI keeps a history file, so it never gets to see the
   * password itself.
   */
  async setHash(hash: string, effect: EffectContext): Promise<void> {
    const daemons = await this.#say('show watchfrr', 'privileged');
    const entered = await this.#say('configure terminal', 'configure');
    if (daemonIsDown.test(daemons) || daemonIsLost.test(entered)) {
      const text =
        'a daemon of the router does not run, and would keep the old password; nothing was changed. Start it';
      throw this.#failure('Unreachable', text);
    }
    this.#session.beginEffect(effect);
    const answer = await this.#say(`password 8 ${hash}`, 'configure');
    if (refusal.test(answer)) {
      this.#session.provedNoEffect();
      throw this.#failure(
        'Refused',
        'the router did not take the password line; nothing was changed. Look at its version',
      );
    }
    await this.#say('end', 'privileged');
    const lines = await this.runningLines();
    if (lines.length === 1 && lines.every((line) => line.kind === 'hashed' && line.hash === hash)) return;
    throw this.#failure('Refused', 'the running configuration does not show the password that was set; probe it');
  }

  /** Saves, and reads the file again: the router says [OK] also when its disk is full. Null: it is believed. */
  async save(startupConfig: string | null, effect: EffectContext): Promise<void> {
    this.#session.beginEffect(effect);
    const answer = await this.#say('write memory', 'privileged', saveMs);
    if (!saved.test(answer) || notSaved.test(answer)) {
      const text =
        'the router could not save its configuration; a restart may bring back the old password, or find no configuration at all. Look at the disk and the rights of /etc/frr, then save by hand';
      throw this.#failure('Refused', text);
    }
    if (startupConfig === null) return;
    const running = await this.runningLines();
    const startup = passwordLines(await this.readFile(startupConfig));
    const same = startup.length === running.length && running.every((line, at) => isSame(line, startup[at]));
    if (same) return;
    const text =
      'the router said that it saved, but its startup configuration does not hold the password that runs; a restart may bring back the old one. Look at the disk, then save by hand';
    throw this.#failure('Refused', text);
  }

  /** Ends the talk first: a server may allow one channel at a time. */
  async readFile(path: string): Promise<string> {
    this.#talk.close();
    try {
      return (await (await this.#session.sftp()).read(path, maxConfigBytes)).toString('latin1');
    } catch (error) {
      if (!(error instanceof SftpFailure)) throw error;
      const text = `${path} cannot be read over SFTP (${error.reason}), so nobody can tell what was saved. Let the management login read it, or set startupConfig to null`;
      throw this.#failure('Misconfigured', text);
    }
  }

  #failure(code: DriverError['code'], text: string): DriverError {
    return this.#session.failure(code, text);
  }

  /** One line, and what is said until that prompt is there. */
  async #say(line: string, prompt: keyof typeof prompts, waitMs: Millis = stepMs): Promise<string> {
    this.#talk.sendLine(line);
    const { heard, text } = await this.#talk.read(prompts, waitMs);
    if (heard === prompt) return text;
    throw heard === 'silence'
      ? this.#failure('Timeout', 'the CLI of the router did not answer in time; probe it')
      : this.#failure('Unsupported', 'the CLI of the router went another way than FRR does; probe it');
  }
}

function isSame(one: PasswordLine, other: PasswordLine | undefined): boolean {
  return one.kind === 'hashed' && other?.kind === 'hashed' && one.hash === other.hash;
}
