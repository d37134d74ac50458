import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllowedSigners } from '../../src/approval/allowedSigners.js';
import { ApprovalRefused, base64FromBytes, bytesFromBase64, bytesOf } from '../../src/approval/bytes.js';
import { signerOf } from '../../src/approval/signed.js';
import { parseSshSignature } from '../../src/approval/sshSignature.js';
import { parseSigned } from '../../src/approval/statement.js';
import { EncryptingCodec } from '../../src/codec/encryptingCodec.js';
import { CodecError, KeyRing, newKeyLine } from '../../src/codec/keyRing.js';
import { decodeDocument } from '../../src/ledger/documentFormat.js';
import { contentFromText, contentToJson } from '../../src/ledger/jsonContent.js';
import { hasControlCharacters, printable, quoted } from '../../src/model/printable.js';
import { Secret } from '../../src/secret/secret.js';
import { fingerprintOf, generateSshKey, parsePublicKey, type SshPublicKey } from '../../src/secret/sshKey.js';
import { addBeside, hasKey, isOptions, keysOf, removeKey } from '../../src/targets/linux/authorizedKeys.js';
import { plainText } from '../../src/transport/ssh/dialogue.js';
import { changeQuestionOf } from '../../src/transport/ssh/prompts.js';
import { makeKey, sign } from '../approval/sshKeys.js';

const seeded = { seed: 20261125 };
const folder = mkdtempSync(join(tmpdir(), 'relock-parsers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function publicKey(comment: string): SshPublicKey {
  const key = parsePublicKey(generateSshKey(comment).reveal('public_key'));
  if (key === null) throw new Error('a generated key cannot be parsed');
  return key;
}
const [mine, other] = [publicKey('mine'), publicKey('other')];

/** The fingerprints that OpenSSH finds in a file. */
function opensshKeys(file: string): readonly string[] {
  const path = join(folder, 'authorized_keys');
  writeFileSync(path, Buffer.from(file, 'latin1'));
  try {
    const said = execFileSync('ssh-keygen', ['-lf', path], { encoding: 'latin1', stdio: ['ignore', 'pipe', 'ignore'] });
    return [...said.matchAll(/SHA256:[A-Za-z0-9+/]{43}/g)].map(([found]) => found);
  } catch {
    return [];
  }
}

const idOf = (key: SshPublicKey) => fingerprintOf(Buffer.from(key.blob, 'base64'));

describe('authorized_keys, written by whoever owns the account', () => {
  const text = (key: SshPublicKey) => `${key.type} ${key.blob}`;
  const middle = Math.floor(mine.blob.length / 2);
  const split = (gap: string) => `${mine.type} ${mine.blob.slice(0, middle)}${gap}${mine.blob.slice(middle)} c`;
  const samples: readonly (readonly [string, string])[] = [
    ['plain', text(mine)],
    ['with a comment and blanks', `  \t${text(mine)}   a b  c \t`],
    ['options', `restrict,command="a \\" b # c",from="10.0.0.0/8" ${text(mine)} c`],
    ['quotes that do not close', `command="a ${text(mine)}`],
    ['commented out', ` # ${text(mine)}`],
    ['a carriage return in the comment', `${text(mine)} a\rb`],
    ['CRLF', `${text(mine)} c\r`],
    ['NUL after the key', `${text(mine)}\0 rest`],
    ['NUL before the key', `\0${text(mine)}`],
    ['a carriage return within the base64', split('\r')],
    ['a form feed within the base64', split('\f')],
    ['a key that is cut off', `${mine.type} ${mine.blob.slice(0, -8)} c`],
    ['another type than the key has', `ssh-rsa ${mine.blob}`],
    ['junk behind the padding', `${mine.type} ${mine.blob}=x`],
    ['Latin-1 behind the key', `${text(mine)}\xa0c`],
    ['a vertical tab before the key', `\v${text(mine)}`],
  ];

  it.each(samples)('%s: read as OpenSSH reads it', (_, line) => {
    const file = `${text(other)} first\n${line}\n`;
    expect(keysOf(file).map(idOf)).toEqual([...new Set(opensshKeys(file))]);
    const gone = removeKey(file, mine.blob);
    expect(opensshKeys(gone)).toEqual([idOf(other)]);
    expect(gone).toBe(hasKey(file, mine.blob) ? `${text(other)} first\n` : file);
  });

  it('lines made to take long are read in time', () => {
    const startedAt = Date.now();
    for (const line of [
      `${text(mine)}${' '.repeat(200_000)}x\ry`,
      `${' '.repeat(100_000)}x ${' '.repeat(100_000)}`,
      `${'"\\"'.repeat(60_000)} ${text(mine)}`,
      'ssh-ed25519 '.repeat(16_000),
      `ssh-ed25519 ${'A'.repeat(200_000)}!`,
    ]) {
      keysOf(line);
      expect(removeKey(`${line}\n${text(other)}`, other.blob)).toBe(line);
    }
    expect(Date.now() - startedAt).toBeLessThan(3_000);
  });

  it('options of the configuration cannot swallow a key, or bring one of their own', () => {
    for (const bad of ['command="x', `restrict ${text(other)}`, 'a\nb', 'a\0', 'x"\\"', 'no-pty '])
      expect(isOptions(bad)).toBe(false);
    for (const good of ['', 'restrict', 'command="a \\" b",no-pty']) {
      expect(isOptions(good)).toBe(true);
      expect(opensshKeys(`${good} ${text(mine)}\n`)).toEqual([idOf(mine)]);
    }
  });

  it('bytes of any kind around a key: what is not that key stays byte for byte', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((some) => Buffer.from(some).toString('latin1'));
    const pieces = fc.array(
      fc.oneof(bytes, fc.constantFrom('\n', ' ', '"', text(mine), text(other), '#', '\r', '\0', 'restrict ')),
      { maxLength: 14 },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const file = parts.join('');
        const kept = file.split('\n').filter((line) => !hasKey(line, mine.blob));
        expect(removeKey(file, mine.blob)).toBe(kept.join('\n'));
        const both = addBeside(file, other, mine.blob);
        expect(both === null).toBe(!hasKey(file, mine.blob));
        if (both !== null) expect(hasKey(both, other.blob)).toBe(true);
      }),
      { ...seeded, numRuns: 800 },
    );
  });
});

describe('prompts and terminal output', () => {
  const device = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '\u001b',
          '\u001b[',
          '\u001b]0;',
          '\u009b',
          ';#',
          'new',
          'password',
          'confirm',
          ':',
          ' ',
          '\n',
          '\u0007',
        ),
        fc.string({ unit: 'binary', maxLength: 20 }),
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join(''));

  it('plain text has nothing left that steers a terminal, and plain text stays', () => {
    fc.assert(
      fc.property(device, (text) => {
        const plain = plainText(text);
        expect(plain).not.toMatch(/[^\P{Cc}\t\n]/u);
        expect(plainText(plain)).toBe(plain);
      }),
      { ...seeded, numRuns: 2_000 },
    );
  });

  it('texts made to take long are read in time', () => {
    const startedAt = Date.now();
    for (const piece of ['\u001b;#', '\u001b[1;', '\u001b]0;', ';', '\u009b', 'new password', 'confirm'])
      for (const start of ['', '\u001b', '\u001b['])
        changeQuestionOf(plainText(start + piece.repeat(Math.ceil(200_000 / piece.length))));
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });

  it('printable and quoted text holds no control character, whatever went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(hasControlCharacters(printable(text))).toBe(false);
        expect(hasControlCharacters(quoted(text))).toBe(false);
      }),
      { ...seeded, numRuns: 1_000 },
    );
  });
});

describe('signatures and approvers', () => {
  const key = makeKey();
  const message = 'the very statement\n';
  const armoured = sign(key, message);
  const signers = parseAllowedSigners(`anna@example.org ${key.line}\n`);
  const question = { namespace: 'relock-approval-v1', message: bytesOf(message), now: 0 } as const;
  const blob = bytesFromBase64(armoured.replace(/-----[^-]+-----|\s/g, '')) ?? new Uint8Array();
  const armour = (bytes: Uint8Array) =>
    `-----BEGIN SSH SIGNATURE-----\n${base64FromBytes(bytes)}\n-----END SSH SIGNATURE-----`;
  /** What OpenSSH says of it. */
  const opensshAccepts = (signature: string) => {
    const [allowed, file] = [join(folder, 'allowed'), join(folder, 'signature')];
    writeFileSync(allowed, `anna@example.org ${key.line}\n`);
    writeFileSync(file, `${signature}\n`);
    const args = ['-Y', 'verify', '-f', allowed, '-I', 'anna@example.org', '-n', question.namespace, '-s', file];
    try {
      execFileSync('ssh-keygen', args, { input: message, stdio: ['pipe', 'ignore', 'ignore'] });
      return true;
    } catch {
      return false;
    }
  };
  const accepts = (signature: string) => {
    try {
      return signerOf(signers, { ...question, signature }).principals[0] === 'anna@example.org';
    } catch (error) {
      expect(error).toBeInstanceOf(ApprovalRefused);
      return false;
    }
  };

  it('a signature with any byte changed is refused; on a sample OpenSSH says the same', () => {
    expect([accepts(armoured), accepts(armour(blob)), opensshAccepts(armoured)]).toEqual([true, true, true]);
    for (let at = 0; at < blob.length; at += 1) {
      for (const mask of [0x01, 0x80]) {
        const changed = Uint8Array.from(blob, (byte, index) => (index === at ? byte ^ mask : byte));
        expect(accepts(armour(changed)), `byte ${at}`).toBe(false);
      }
      if (at % 40 === 0)
        expect(opensshAccepts(armour(Uint8Array.from(blob, (byte, index) => (index === at ? byte ^ 1 : byte))))).toBe(
          false,
        );
    }
    for (const length of [0, 1, 10, blob.length - 1]) expect(accepts(armour(blob.subarray(0, length)))).toBe(false);
    expect(accepts(armour(Uint8Array.from([...blob, 0])))).toBe(false);
  });

  it('whatever is given as a signature, approvals or approvers is refused in our own words', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.uint8Array({ maxLength: 200 }).map(armour),
    );
    const own = (act: () => unknown) => {
      try {
        act();
      } catch (error) {
        expect(error).toBeInstanceOf(ApprovalRefused);
        expect(hasControlCharacters(error instanceof Error ? error.message : '')).toBe(false);
      }
    };
    fc.assert(
      fc.property(
        anything,
        fc.jsonValue(),
        fc.array(fc.constantFrom(key.line, 'a', ' ', '"', ',', '\n', 'namespaces="', '\u001b', 'ssh-rsa '), {
          maxLength: 12,
        }),
        (text, json, parts) => {
          own(() => parseSshSignature(text));
          own(() => parseSigned(json));
          own(() => parseSigned({ statement: json, signature: text }));
          own(() => parseAllowedSigners(text));
          own(() => parseAllowedSigners(parts.join('')));
        },
      ),
      { ...seeded, numRuns: 1_000 },
    );
  });
});

describe('what vaults and Temporal give', () => {
  const field = 'relock_document';
  const decode = (text: string) => decodeDocument({ fields: Secret.of({ [field]: text }), rest: null });

  it('any JSON as relock’s own document: a RangeError that is short, printable and without values', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.string({ unit: 'binary' }), (value, key) => {
        const odd = { format: 1, held: { [key]: 'HUSH' }, record: value, [key]: ['HUSH'] };
        for (const text of [JSON.stringify(value), JSON.stringify(odd), JSON.stringify(value).slice(1)]) {
          try {
            decode(text);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
            const said = error instanceof Error ? error.message : '';
            expect(said.length).toBeLessThan(700);
            expect(said).not.toContain('HUSH');
            expect(hasControlCharacters(said)).toBe(false);
          }
        }
      }),
      { ...seeded, numRuns: 1_000 },
    );
    expect(() =>
      decode(`{"format":1,"held":{${Array.from({ length: 50_000 }, (_, at) => `"${at}":1`).join()}}}`),
    ).toThrow(/^.{1,700}$/);
  });

  it('any JSON object as content comes back as it was; what is too deep is refused', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor')), fc.jsonValue()),
        (object) => {
          const text = JSON.stringify(object);
          const content = contentFromText(text);
          expect(content === null ? null : JSON.stringify(sorted(contentToJson(content)))).toBe(
            JSON.stringify(sorted(JSON.parse(text))),
          );
        },
      ),
      { ...seeded, numRuns: 1_000 },
    );
    expect(contentFromText(`{"a":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`)).toBeNull();
    for (const text of ['[]', '1', '"x"', 'null', '{', '']) expect(contentFromText(text)).toBeNull();
  });

  it('the codec refuses whatever it did not seal, in its own words', async () => {
    const codec = new EncryptingCodec(new KeyRing(newKeyLine(0)));
    const [sealed] = await codec.encode([{ metadata: {}, data: Buffer.from('x') }]);
    const names = fc.oneof(fc.constant(Buffer.from(sealed?.metadata?.['encryption-key-id'] ?? [])), fc.uint8Array());
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), names, async (data, name) => {
        const metadata = { ...sealed?.metadata, 'encryption-key-id': name };
        await expect(codec.decode([{ metadata, data }])).rejects.toBeInstanceOf(CodecError);
      }),
      { ...seeded, numRuns: 500 },
    );
  });
});

function sorted(object: object): readonly (readonly [string, unknown])[] {
  return Object.entries(object).sort(([one], [another]) => (one < another ? -1 : 1));
}
