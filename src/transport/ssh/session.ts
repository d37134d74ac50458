import type { Duplex } from 'node:stream';
import type { Client, ClientChannel, SFTPWrapper } from 'ssh2';
import type { EffectContext } from '../../contracts/context.js';
import { DriverError, type Effect, type ErrorCode } from '../../model/errors.js';
import { BoundedBytes } from './boundedBytes.js';
import { Dialogue } from './dialogue.js';
import { type SshEndpoint, showAddress, sshError } from './endpoint.js';
import { Interrupted, interruptible } from './scope.js';
import { SftpFiles } from './sftp.js';

/** No command of relock's prints more: a list of keys may have some 4 MB. */
const maxOutputBytes = 6 * 1024 * 1024;
/** Only short texts are looked for in it. */
const maxErrorBytes = 16 * 1024;
const lineFeed = 10;

/** Between two tries to open a channel beside, or right after, another one; some 1.3 s in all. */
const [firstPauseMs, lastPauseMs] = [20, 1_000] as const;

/** Wide and long, so that nothing is wrapped or paged; without echo, so that no secret comes back. */
const quietTerminal = { term: 'dumb', rows: 1000, cols: 250, modes: { ECHO: 0 } } as const;

export type Input = string | Uint8Array;

export interface ExecOptions {
  /** Sent when the command runs, or, with `readyMark`, sent before its mark is awaited (such as sudo's password). */
  readonly stdin?: Input;
  /** The command prints a line that starts so when it is ready for what it acts on. */
  readonly readyMark?: string;
  /** Gives what the command acts on, from the whole ready line. */
  readonly whenReady?: (readyLine: string) => Input;
  /** The command has failed when its error output matches: it is ended at once. */
  readonly giveUpOn?: RegExp;
  /** The command changes something once it got that input: its time is checked right before. */
  readonly effect?: EffectContext;
}

export interface ExecResult {
  /** null: ended by a signal, or the server did not say. */
  readonly code: number | null;
  readonly stdout: Buffer;
  /** For decisions by closed tables only; never shown. */
  readonly stderr: string;
  /** There was more output than any command of relock's has; it was not waited for its end. */
  readonly truncated: boolean;
  /** The ready line was seen and its input sent. */
  readonly started: boolean;
}

type OpenChannel = (done: (error: Error | undefined, channel: ClientChannel) => void) => void;

/** One authenticated connection, under the deadline and signal that it was opened with. */
export class SshSession {
  readonly #client: Client;
  readonly #endpoint: SshEndpoint;
  readonly #closed: (how: 'end' | 'cut') => void;
  readonly #over = new AbortController();
  /** What may have happened on the other side because of this session. */
  #effect: Effect = 'none';
  /** Channels that the server has let us open. */
  #opened = 0;

  constructor(client: Client, endpoint: SshEndpoint, signal: AbortSignal, closed: (how: 'end' | 'cut') => void) {
    this.#client = client;
    this.#endpoint = endpoint;
    this.#closed = closed;
    const expire = () => this.#end('timeout');
    signal.addEventListener('abort', expire, { once: true });
    client.on('close', () => this.#end('dropped'));
    client.on('error', () => this.#end('dropped'));
    if (signal.aborted) expire();
  }

  #end(reason: 'timeout' | 'dropped'): void {
    if (!this.#over.signal.aborted) this.#over.abort(new Interrupted(reason));
    this.#closed(reason === 'timeout' ? 'cut' : 'end');
  }

  close(): void {
    this.#client.end();
    this.#end('dropped');
  }

  /** Called right before the bytes that change something. Throws `Timeout` with effect `none` when it is too late. */
  beginEffect(context: EffectContext): void {
    if (Date.now() >= context.notAfter) {
      throw this.failure('Timeout', 'the time for this change was over before it was sent; nothing was changed');
    }
    this.#effect = 'unknown';
  }

  /** The other side proved that it did not act on what was sent. */
  provedNoEffect(): void {
    this.#effect = 'none';
  }

  /** An error of this session, with what is known of its effect. */
  failure(code: ErrorCode, text: string): DriverError {
    const message = `${showAddress(this.#endpoint.address)}: ${text}`;
    return sshError(this.#endpoint, { code, effect: this.#effect, message });
  }

  async #guarded<T>(start: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    try {
      return await interruptible(this.#over.signal, start);
    } catch (error) {
      if (error instanceof Interrupted) throw this.#interrupted(error.reason);
      throw error;
    }
  }

  #interrupted(reason: 'timeout' | 'dropped'): DriverError {
    const now = this.#effect === 'none' ? 'nothing was changed' : 'whether it was changed is not known: probe it';
    return reason === 'timeout'
      ? this.failure('Timeout', `no answer in time; ${now}`)
      : this.failure('Unreachable', `the connection ended in the middle; ${now}`);
  }

  #channel(open: OpenChannel): Promise<ClientChannel> {
    return this.#guarded((resolve, reject) => {
      const refused = () => reject(this.failure('Refused', 'the server does not let this account run commands'));
      try {
        open((error, channel) => (error === undefined ? resolve(channel) : refused()));
      } catch {
        reject(this.failure('Unreachable', 'the connection is gone'));
      }
    });
  }

  /** A server that allows one channel at a time may still hold the one that has just ended: it is asked a few times more. */
  async #nextChannel(open: OpenChannel): Promise<ClientChannel> {
    for (let pause = firstPauseMs; this.#opened > 0 && pause < lastPauseMs; pause *= 2) {
      const channel = await this.#channel(open).catch(onlyRefused);
      if (channel !== null) return channel;
      await this.#guarded<void>((resolve) => setTimeout(resolve, pause));
    }
    const channel = await this.#channel(open);
    this.#opened += 1;
    return channel;
  }

  async exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    const channel = await this.#nextChannel((done) => this.#client.exec(command, done));
    const run = new Run(channel, options, (effect) => this.beginEffect(effect));
    return this.#guarded((resolve, reject) => run.start(resolve, reject));
  }

  /** A command on a terminal without echo, to talk with. */
  async dialogue(command: string): Promise<Dialogue> {
    const channel = await this.#channel((done) => this.#client.exec(command, { pty: quietTerminal }, done));
    return new Dialogue(channel, (start) => this.#guarded(start));
  }

  /** The account's login shell on a terminal without echo. */
  async shell(): Promise<Dialogue> {
    const channel = await this.#channel((done) => this.#client.shell(quietTerminal, done));
    return new Dialogue(channel, (start) => this.#guarded(start));
  }

  async sftp(): Promise<SftpFiles> {
    const wrapper = await this.#guarded<SFTPWrapper>((resolve, reject) => {
      const refused = () => reject(this.failure('Refused', 'the server does not let this account use SFTP'));
      this.#client.sftp((error, opened) => (error === undefined ? resolve(opened) : refused()));
    });
    return new SftpFiles(wrapper, (start) => this.#guarded(start));
  }

  /** A connection from the server onwards, for which it is a jump host. */
  forward(host: string, port: number): Promise<Duplex> {
    return this.#channel((done) => this.#client.forwardOut('127.0.0.1', 0, host, port, done));
  }
}

/** null: the server opened no channel. Everything else is thrown. */
function onlyRefused(error: unknown): null {
  if (error instanceof DriverError && error.code === 'Refused') return null;
  throw error;
}

/** One running command. */
class Run {
  readonly #channel: ClientChannel;
  readonly #options: ExecOptions;
  readonly #begin: (effect: EffectContext) => void;
  readonly #stdout = new BoundedBytes(maxOutputBytes);
  readonly #stderr = new BoundedBytes(maxErrorBytes);
  /** Where the line begins that is not complete yet, and how far it was looked at: no byte twice. */
  #lineAt = 0;
  #lookedAt = 0;
  #code: number | null = null;
  #started = false;

  constructor(channel: ClientChannel, options: ExecOptions, begin: (effect: EffectContext) => void) {
    this.#channel = channel;
    this.#options = options;
    this.#begin = begin;
  }

  start(resolve: (result: ExecResult) => void, reject: (error: Error) => void): void {
    const channel = this.#channel;
    const guarded = (step: () => void) => {
      try {
        step();
      } catch (error) {
        channel.close();
        reject(error instanceof Error ? error : new Error('a command could not be fed'));
      }
    };
    channel.on('data', (chunk: Buffer) => {
      this.#stdout.add(chunk);
      guarded(() => this.#feedWhenReady());
      if (this.#stdout.overflowed) resolve(this.#result());
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      if (this.#stderr.overflowed) return;
      this.#stderr.add(chunk);
      if (this.#options.giveUpOn?.test(this.#stderr.bytes().toString('utf8'))) channel.close();
    });
    channel.on('error', () => undefined);
    // Not by `exit`: a command that ends at once may have said so before anybody listens. `close` says it again.
    channel.on('close', (code: number | null | undefined) => {
      this.#code = code ?? null;
      resolve(this.#result());
    });
    guarded(() => this.#feedAtOnce());
  }

  #feedAtOnce(): void {
    const { stdin, readyMark, effect } = this.#options;
    if (readyMark === undefined) {
      if (effect !== undefined) this.#begin(effect);
      this.#channel.end(stdin ?? '');
    } else if (stdin !== undefined) {
      this.#channel.write(stdin);
    }
  }

  #feedWhenReady(): void {
    const { readyMark, whenReady, effect } = this.#options;
    if (readyMark === undefined || this.#started) return;
    const ready = this.#nextLineWith(readyMark);
    if (ready === null) return;
    this.#started = true;
    const input = whenReady?.(ready) ?? '';
    if (effect !== undefined) this.#begin(effect);
    this.#channel.end(input);
  }

  #nextLineWith(mark: string): string | null {
    const bytes = this.#stdout.bytes();
    let end = bytes.indexOf(lineFeed, this.#lookedAt);
    while (end >= 0) {
      const line = bytes.toString('latin1', this.#lineAt, end);
      this.#lineAt = end + 1;
      this.#lookedAt = end + 1;
      // A shell may print at its start, and not end the line.
      const at = line.indexOf(mark);
      if (at >= 0) return line.slice(at);
      end = bytes.indexOf(lineFeed, this.#lookedAt);
    }
    this.#lookedAt = bytes.length;
    return null;
  }

  #result(): ExecResult {
    return {
      code: this.#code,
      stdout: this.#stdout.bytes(),
      stderr: this.#stderr.bytes().toString('utf8'),
      truncated: this.#stdout.overflowed,
      started: this.#started,
    };
  }
}
