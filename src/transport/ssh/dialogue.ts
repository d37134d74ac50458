import type { ClientChannel } from 'ssh2';

type Guard = <T>(start: (resolve: (value: T) => void, reject: (error: Error) => void) => void) => Promise<T>;

/** Unread output beyond this is forgotten from the front. */
const maxUnreadChars = 16 * 1024;

/** Escape sequences (ECMA-48): control sequences, strings such as window titles, and the short ones. Reads no character twice. */
const escapes = new RegExp(
  [
    '(?:\u001b\\[|\u009b)[0-?]*[ -/]*[@-~]',
    '\u001b[\\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\\\)',
    '\u001b[ -/]*[0-~]',
  ].join('|'),
  'g',
);

/** Control characters other than tab and newline. */
const controls = /[^\P{Cc}\t\n]/gu;

/** What a person would read of terminal output: no escape sequences, no carriage returns. */
export function plainText(text: string): string {
  return text.replace(escapes, '').replace(controls, '');
}

/** What came next: the name of a pattern of the table, or that nothing in it did. */
export type Heard<Name extends string> = Name | 'ended' | 'silence';

/** A talk with a program on a terminal: each step knows every answer that it can get. */
export class Dialogue {
  readonly #channel: ClientChannel;
  readonly #guard: Guard;
  #unread = '';
  #ended = false;
  #lookIsDue = false;
  #code: number | null = null;
  #notify: () => void = () => undefined;

  constructor(channel: ClientChannel, guard: Guard) {
    this.#channel = channel;
    this.#guard = guard;
    channel.on('data', (chunk: Buffer) => this.#heard(chunk.toString('utf8')));
    channel.stderr.on('data', (chunk: Buffer) => this.#heard(chunk.toString('utf8')));
    channel.on('error', () => undefined);
    // Not by `exit`: a program that ends at once may have said so before anybody listens. `close` says it again.
    channel.on('close', (code: number | null | undefined) => {
      this.#code = code ?? null;
      this.#ended = true;
      this.#notify();
    });
  }

  #heard(text: string): void {
    this.#unread = (this.#unread + text).slice(-maxUnreadChars);
    if (this.#lookIsDue) return;
    this.#lookIsDue = true;
    // Once for all that came together: a device that sends single bytes must not cost a look for each.
    setImmediate(() => {
      this.#lookIsDue = false;
      this.#notify();
    });
  }

  /** The program's exit code once it ended; null: by a signal, or the server did not say. */
  get exitCode(): number | null {
    return this.#code;
  }

  /** Sends text and forgets unread output. */
  send(text: string): void {
    this.#unread = '';
    this.#channel.write(text);
  }

  sendLine(text: string): void {
    this.send(`${text}\n`);
  }

  /**
   * Waits for the first pattern of the table that unread output matches, earliest in the text first, and forgets the
   * output up to its end. `silence` after `stepMs`; `ended` when the program is gone.
   */
  expect<Name extends string>(table: Readonly<Record<Name, RegExp>>, stepMs: number): Promise<Heard<Name>> {
    return this.#expectText(table, stepMs).then((found) => found.name);
  }

  /** As `expect`, with the text before the match: the output of a command, up to the prompt. */
  async read<Name extends string>(
    table: Readonly<Record<Name, RegExp>>,
    stepMs: number,
  ): Promise<{ readonly heard: Heard<Name>; readonly text: string }> {
    const found = await this.#expectText(table, stepMs);
    return { heard: found.name, text: found.before };
  }

  async #expectText<Name extends string>(
    table: Readonly<Record<Name, RegExp>>,
    stepMs: number,
  ): Promise<{ readonly name: Heard<Name>; readonly before: string }> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await this.#guard((resolve) => {
        const look = () => {
          const found = this.#take(table);
          if (found !== null) resolve(found);
          else if (this.#ended) resolve({ name: 'ended', before: plainText(this.#unread) });
        };
        timer = setTimeout(() => resolve({ name: 'silence', before: plainText(this.#unread) }), stepMs);
        this.#notify = look;
        look();
      });
    } finally {
      clearTimeout(timer);
      this.#notify = () => undefined;
    }
  }

  #take<Name extends string>(table: Readonly<Record<Name, RegExp>>): { name: Name; before: string } | null {
    const text = plainText(this.#unread);
    let first: { name: Name; before: string; at: number; end: number } | null = null;
    for (const name in table) {
      const match = table[name].exec(text);
      if (match === null || (first !== null && first.at <= match.index)) continue;
      first = { name, before: text.slice(0, match.index), at: match.index, end: match.index + match[0].length };
    }
    if (first !== null) this.#unread = text.slice(first.end);
    return first;
  }

  /** ^C, and away. */
  interrupt(): void {
    if (!this.#ended) this.#channel.write('\u0003');
    this.close();
  }

  close(): void {
    this.#channel.close();
  }
}
