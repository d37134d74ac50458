import type { Writable } from 'node:stream';
import { printable } from '../model/printable.js';
import { formatTable } from './table.js';

/**
 * All that a command prints. For machines: one JSON value on stdout, everything else on stderr. For people: lines and
 * tables on stdout, notes on stderr. Whatever could steer a terminal is made visible instead.
 */
export class Output {
  constructor(
    readonly json: boolean,
    private readonly stdout: Writable,
    private readonly stderr: Writable,
  ) {}

  /** The command's answer. People read `lines`. */
  result(value: unknown, lines: readonly string[]): void {
    if (this.json) this.stdout.write(`${safeJson(value)}\n`);
    else for (const line of lines) this.stdout.write(`${printable(line)}\n`);
  }

  /** Progress and remarks; never part of the answer. */
  note(text: string): void {
    this.stderr.write(`${text.split('\n').map(printable).join('\n')}\n`);
  }
}

/** Lines of a table, for `result`. */
export function tableLines(headers: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return formatTable(
    headers.map(printable),
    rows.map((row) => row.map(printable)),
  );
}

/** JSON leaves some characters bare that a terminal obeys; escaped, it is the same JSON. */
function safeJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (found) =>
    found === '\n' ? found : escaped(found),
  );
}

function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');
}
