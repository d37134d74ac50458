/** A value of the outer object, and where it stands in the text. */
interface Member {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The text of a JSON object with other text values; every other character stays, also of numbers, escapes and keys that are
 * there twice. null: one of the fields is there twice itself. Only of a text that is JSON.
 */
export function withTexts(text: string, values: Readonly<Record<string, string>>): string | null {
  const members = membersOf(text);
  const names = members.map(({ name }) => name);
  const given = Object.entries(values);
  if (given.some(([name]) => names.indexOf(name) !== names.lastIndexOf(name))) return null;
  const written = members
    .filter(({ name }) => Object.hasOwn(values, name))
    .reduceRight((edited, { name, start, end }) => {
      return `${edited.slice(0, start)}${JSON.stringify(values[name])}${edited.slice(end)}`;
    }, text);
  const added = given.filter(([name]) => !names.includes(name));
  return added.length === 0 ? written : withAdded(written, Object.fromEntries(added), names.length > 0);
}

/** New members come first: that is one place, however the text is laid out. */
function withAdded(text: string, values: Readonly<Record<string, string>>, hasOthers: boolean): string {
  const at = text.indexOf('{') + 1;
  return `${text.slice(0, at)}${JSON.stringify(values).slice(1, -1)}${hasOthers ? ',' : ''}${text.slice(at)}`;
}

const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

function membersOf(text: string): readonly Member[] {
  const members: Member[] = [];
  let depth = 0;
  let name: string | null = null;
  let start = -1;
  let end = -1;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === '}' || token === ']') depth -= 1;
    if ((depth === 1 && token === ',') || depth === 0) {
      if (name !== null) members.push({ name, start, end });
      name = null;
      start = -1;
    } else if (depth === 1 && name === null) name = nameIn(token);
    else if (depth === 1 && token !== ':') {
      if (start < 0) start = index;
      end = index + token.length;
    }
    if (token === '{' || token === '[') depth += 1;
  }
  return members;
}

function nameIn(token: string): string {
  return String(JSON.parse(token));
}
