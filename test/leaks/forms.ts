/** How a secret may look where it leaked: as it is, or as some program wrote it. */
export interface Needle {
  readonly secret: string;
  readonly form: string;
  readonly bytes: Buffer;
}

/** Shorter ones are found by chance. */
const conclusiveLength = 8;

export function needlesOf(secret: string, value: Buffer): readonly Needle[] {
  const found = Object.entries({ ...encodings(value), ...spellings(value) }).flatMap(([form, text]) =>
    text.length < conclusiveLength ? [] : [{ secret, form, bytes: Buffer.from(text) }],
  );
  const all = [{ secret, form: 'plain', bytes: value }, ...found];
  return all.filter(({ bytes }, index) => all.findIndex((other) => other.bytes.equals(bytes)) === index);
}

function encodings(value: Buffer): Readonly<Record<string, string>> {
  const aligned = [0, 1, 2].map((before) => base64Within(value, before));
  return {
    ...Object.fromEntries(aligned.map((text, before) => [`base64 at ${before}`, text])),
    ...Object.fromEntries(aligned.map((text, before) => [`base64url at ${before}`, urlSafe(text)])),
    hex: value.toString('hex'),
    HEX: value.toString('hex').toUpperCase(),
  };
}

/** What base64 of anything says of the value that begins `before` bytes after a group of three: whole characters only. */
function base64Within(value: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), value])
    .toString('base64')
    .replace(/=+$/, '');
  const partialAtEnd = (before + value.length) % 3 === 0 ? 0 : 1;
  return text.slice(before === 0 ? 0 : before + 1, text.length - partialAtEnd);
}

function urlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}

/** As texts are written; bytes that are no text have none. */
function spellings(value: Buffer): Readonly<Record<string, string>> {
  const text = value.toString('utf8');
  if (!Buffer.from(text).equals(value)) return {};
  const json = JSON.stringify(text).slice(1, -1);
  const again = JSON.stringify(json).slice(1, -1);
  const url = encodeURIComponent(text);
  return {
    json,
    'json of Go': json.replaceAll(/[<>&]/g, unicodeEscape),
    'json with slashes escaped': json.replaceAll('/', '\\/'),
    'json within json': again,
    'json, three deep': JSON.stringify(again).slice(1, -1),
    url,
    'url in lower case': url.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    'url, strict': url.replaceAll(/[!'()*]/g, percent),
    'form data': url.replaceAll(/[!'()~]/g, percent).replaceAll('%20', '+'),
    html: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  };
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
