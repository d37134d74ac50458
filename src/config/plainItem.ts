/**
 * Reads one entry of a long list when it is written the usual way: `- { key: value, … }`, or `- key: value` with one key
 * a line, values being plain words, whole numbers, quoted texts without escapes, and lists of those. Everything else
 * gives null and is left to the YAML parser; what is read here is read exactly as it would (a property test holds that).
 */
export function readPlainItem(text: string): Readonly<Record<string, unknown>> | null {
  const body = text.replace(trailingBlankLines, '');
  const dash = /^( *)-( +)/.exec(body);
  if (dash === null || hasShallowLine(body, dash[1]?.length ?? 0)) return null;
  const scanner = new Scanner(body, dash[0].length);
  const pairs = body[dash[0].length] === '{' ? scanner.flowMap() : scanner.blockMap(dash[0].length);
  if (pairs === null || !scanner.atEnd()) return null;
  const keys = new Set(pairs.map(([key]) => key));
  return keys.size === pairs.length ? Object.fromEntries(pairs) : null;
}

type Pair = readonly [string, unknown];

const trailingBlankLines = /(?:\n *(?:#[^\n]*)?)*$/;

/** A line after the first that is not deeper than the dash belongs to something else. */
function hasShallowLine(body: string, dashColumn: number): boolean {
  return new RegExp(`\\n {0,${dashColumn}}(?! )`).test(body);
}

/** Letters first, so that it is no number; a colon only inside, so that it is no key. */
const word = /[A-Za-z](?:[A-Za-z0-9_./@-]|:(?=[A-Za-z0-9_./@-]))*(?=[ \n,\]}:]|$)/y;
const quotedText = /"([^"\\\p{Cc}]*)"|'([^'\p{Cc}]*)'/uy;
const wholeNumber = /-?(?:0|[1-9][0-9]{0,14})(?=[ \n,\]}]|$)/y;
/** Words that YAML reads as something else than text. */
const notText = /^(?:true|false|null)$/i;

const blanks = /[ \n]*/y;

class Scanner {
  constructor(
    private readonly text: string,
    private at: number,
  ) {}

  atEnd(): boolean {
    return this.at === this.text.length;
  }

  flowMap(): readonly Pair[] | null {
    return this.#sequence('{', '}', () => {
      const key = this.#text();
      if (key === null || this.#take(/:[ \n]/y) === null) return null;
      this.#take(blanks);
      const value = this.#value();
      return value === null ? null : [key, value.value];
    });
  }

  /** One key a line, all in that column; an empty value is a list of lines below. */
  blockMap(column: number): readonly Pair[] | null {
    const pairs: Pair[] = [];
    const nextKey = new RegExp(`\\n {${column}}(?! )`, 'y');
    do {
      const key = this.#text();
      if (key === null || this.text[this.at] !== ':') return null;
      this.at += 1;
      const value = this.#take(/ +/y) === null ? this.#blockList() : this.#value();
      if (value === null) return null;
      pairs.push([key, value.value]);
    } while (this.#take(nextKey) !== null);
    return pairs;
  }

  #blockList(): { readonly value: unknown } | null {
    const first = /\n( +)- +/y;
    first.lastIndex = this.at;
    const indent = first.exec(this.text)?.[1];
    if (indent === undefined) return null;
    const next = new RegExp(`\\n${indent}- +`, 'y');
    const items: unknown[] = [];
    while (this.#take(next) !== null) {
      const item = this.#scalar();
      if (item === null || !this.#lineEnds()) return null;
      items.push(item.value);
    }
    return { value: items };
  }

  #lineEnds(): boolean {
    return this.atEnd() || this.text[this.at] === '\n';
  }

  #value(): { readonly value: unknown } | null {
    if (this.text[this.at] !== '[') return this.#scalar();
    const items = this.#sequence('[', ']', () => this.#scalar());
    return items === null ? null : { value: items.map(({ value }) => value) };
  }

  #sequence<Item>(open: string, close: string, read: () => Item | null): readonly Item[] | null {
    if (this.text[this.at] !== open) return null;
    this.at += 1;
    const items: Item[] = [];
    for (;;) {
      this.#take(blanks);
      const item = read();
      if (item === null) return null;
      items.push(item);
      this.#take(blanks);
      const end = this.text[this.at];
      this.at += 1;
      if (end === close) return items;
      if (end !== ',') return null;
    }
  }

  #scalar(): { readonly value: string | number } | null {
    const number = this.#take(wholeNumber);
    if (number !== null) return { value: Number(number) };
    const text = this.#text();
    return text === null ? null : { value: text };
  }

  #text(): string | null {
    const quoted = this.#take(quotedText);
    if (quoted !== null) return quoted.slice(1, -1);
    const plain = this.#take(word);
    return plain === null || notText.test(plain) ? null : plain;
  }

  /** What the pattern (sticky) finds right here, which is then behind us. */
  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? null;
    if (found !== null) this.at += found.length;
    return found;
  }
}
