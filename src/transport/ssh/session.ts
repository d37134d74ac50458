import type { Duplex } from 'node:stream';
import type { Client, ClientChannel, PseudoTtyOptions, SFTPWrapper } from 'ssh2';
import type { EffectContext } from '../../contracts/context.js';
import { DriverError, type Effect, type ErrorCode } from '../../model/errors.js';
import { type ExecOptions, type ExecResult, RunningCommand } from './command.js';
import { Dialogue } from './dialogue.js';
import { type SshEndpoint, showAddress, sshError } from './endpoint.js';
import { Interrupted, interruptible } from './scope.js';
import { SftpFiles } from './sftp.js';

/** Between two tries to open a channel beside, or right after, another one; some 1.3 s in all. */
const [firstPauseMs, lastPauseMs] = [20, 1_000] as const;

/** Wide and long, so that nothing is wrapped or paged; without echo, so that no secret comes back. */
const quietTerminal = { term: 'dumb', rows: 1000, cols: 250, modes: { ECHO: 0 } } as const;

/** Changes no byte on its way in or out, for a command that insists on a terminal. */
const plainTerminal = {
  ...quietTerminal,
  modes: { ECHO: 0, ICANON: 0, ISIG: 0, IEXTEN: 0, ICRNL: 0, INLCR: 0, IGNCR: 0, ISTRIP: 0, IXON: 0, OPOST: 0 },
} as const;

/** Starts to open a channel. `T`: a channel, or what ssh2 makes of it. */
type Open<T> = (done: (error: Error | undefined, opened: T) => void) => void;

const noCommands = 'the server does not let this account run commands';
const noTerminal = 'the server gives this account no terminal, or does not let it run commands';

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
  #files: Promise<SftpFiles> | null = null;

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

  #open<T>(open: Open<T>, refusal: string): Promise<T> {
    return this.#guarded((resolve, reject) => {
      try {
        open((error, opened) => (error === undefined ? resolve(opened) : reject(this.failure('Refused', refusal))));
      } catch {
        reject(this.failure('Unreachable', 'the connection is gone'));
      }
    });
  }

  /** A server that allows one channel at a time may still hold the one that has just ended: it is asked a few times more. */
  async #openNext<T>(open: Open<T>, refusal: string): Promise<T> {
    for (let pause = firstPauseMs; this.#opened > 0 && pause < lastPauseMs; pause *= 2) {
      const opened = await this.#open(open, refusal).catch(onlyRefused);
      if (opened !== null) return opened;
      await this.#guarded<void>((resolve) => setTimeout(resolve, pause));
    }
    const opened = await this.#open(open, refusal);
    this.#opened += 1;
    return opened;
  }

  async exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    const channel = await (options.terminal === true
      ? this.#onTerminal(command, plainTerminal)
      : this.#openNext<ClientChannel>((done) => this.#client.exec(command, done), noCommands));
    const run = new RunningCommand(channel, options, (effect) => this.beginEffect(effect));
    return this.#guarded((resolve, reject) => run.start(resolve, reject));
  }

  #onTerminal(command: string, pty: PseudoTtyOptions): Promise<ClientChannel> {
    return this.#openNext((done) => this.#client.exec(command, { pty }, done), noTerminal);
  }

  /** A command on a terminal without echo, to talk with. */
  async dialogue(command: string): Promise<Dialogue> {
    return new Dialogue(await this.#onTerminal(command, quietTerminal), (start) => this.#guarded(start));
  }

  /** The account's login shell on a terminal without echo. */
  async shell(): Promise<Dialogue> {
    const channel = await this.#openNext<ClientChannel>((done) => this.#client.shell(quietTerminal, done), noTerminal);
    return new Dialogue(channel, (start) => this.#guarded(start));
  }

  /** The same one at each call: a server may allow one channel only. */
  sftp(): Promise<SftpFiles> {
    this.#files ??= this.#openNext<SFTPWrapper>(
      (done) => this.#client.sftp(done),
      'the server does not let this account use SFTP',
    ).then((wrapper) => new SftpFiles(wrapper, (start) => this.#guarded(start)));
    return this.#files;
  }

  /** A connection from the server onwards, for which it is a jump host. */
  forward(host: string, port: number): Promise<Duplex> {
    return this.#open((done) => this.#client.forwardOut('127.0.0.1', 0, host, port, done), noCommands);
  }
}

/** null: the server opened no channel. Everything else is thrown. */
function onlyRefused(error: unknown): null {
  if (error instanceof DriverError && error.code === 'Refused') return null;
  throw error;
}
