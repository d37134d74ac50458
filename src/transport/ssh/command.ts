import type { ClientChannel } from 'ssh2';
import type { EffectContext } from '../../contracts/context.js';
import { BoundedBytes } from './boundedBytes.js';

/** No command of relock's prints more, unless it says so. */
export const maxOutputBytes = 256 * 1024;
/** Only short texts are looked for in it. */
const maxErrorBytes = 16 * 1024;
const lineFeed = 10;

export type Input = string | Uint8Array;

export interface ExecOptions {
  /** Sent when the command runs; not with `readyMark`. */
  readonly stdin?: Input;
  /** The command prints a line that starts so when it is ready for what it acts on. */
  readonly readyMark?: string;
  /** Gives what the command acts on, from the whole ready line. */
  readonly whenReady?: (readyLine: string) => Input;
  /**
   * What the command may ask once before it is ready, such as sudo's password; null: there is no answer. It is ended when it
   * asks in vain, or again, for then the answer was wrong.
   */
  readonly ask?: { readonly prompt: string; readonly answer: Input | null };
  /** The command wants a terminal. It gets one that changes no byte in either direction; what it says on stderr is in `stdout`. */
  readonly terminal?: boolean;
  /** More than this is not read; default: `maxOutputBytes`. */
  readonly mostBytes?: number;
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

/** Finds a text in bytes that grow, each place once. */
class Occurrences {
  readonly #text: string;
  #from = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(bytes: Buffer): boolean {
    const at = bytes.indexOf(this.#text, this.#from);
    // The text may have come in part.
    this.#from = at < 0 ? Math.max(this.#from, bytes.length - this.#text.length) : at + this.#text.length;
    return at >= 0;
  }
}

/** One running command. */
export class RunningCommand {
  readonly #channel: ClientChannel;
  readonly #options: ExecOptions;
  readonly #begin: (effect: EffectContext) => void;
  readonly #stdout: BoundedBytes;
  readonly #stderr = new BoundedBytes(maxErrorBytes);
  /** Where the line begins that is not complete yet, and how far it was looked at: no byte twice. */
  #lineAt = 0;
  #lookedAt = 0;
  #code: number | null = null;
  #started = false;
  readonly #asked: Occurrences | null;
  #wasAsked = false;

  constructor(channel: ClientChannel, options: ExecOptions, begin: (effect: EffectContext) => void) {
    this.#channel = channel;
    this.#options = options;
    this.#begin = begin;
    this.#stdout = new BoundedBytes(options.mostBytes ?? maxOutputBytes);
    this.#asked = options.ask === undefined ? null : new Occurrences(options.ask.prompt);
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
      if (this.#options.terminal === true) this.#answer(this.#stdout.bytes());
      if (this.#stdout.overflowed) resolve(this.#result());
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      if (this.#stderr.overflowed) return;
      this.#stderr.add(chunk);
      this.#answer(this.#stderr.bytes());
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
    if (readyMark !== undefined) return;
    if (effect !== undefined) this.#begin(effect);
    this.#channel.end(stdin ?? '');
  }

  #answer(said: Buffer): void {
    const { ask } = this.#options;
    if (ask === undefined || this.#started || !this.#asked?.next(said)) return;
    if (this.#wasAsked || ask.answer === null) this.#channel.close();
    else this.#channel.write(ask.answer);
    this.#wasAsked = true;
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
      const at = line.lastIndexOf(mark);
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
