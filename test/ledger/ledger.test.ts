import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyDocument, type LedgerDocument, openDocument, stageCandidate } from '../../src/ledger/document.js';
import { decodeDocument, encodeDocument } from '../../src/ledger/documentFormat.js';
import type { DocumentStore } from '../../src/ledger/documentStore.js';
import { contentFromJson, contentToJson } from '../../src/ledger/jsonContent.js';
import { pathProblem } from '../../src/ledger/paths.js';
import { Secret } from '../../src/secret/secret.js';
import { MemoryDocuments } from '../../src/vaults/memory/documents.js';
import { callContext, opening, password, vaultOver } from '../contract/vaultBackend.harness.js';

describe("relock's own document", () => {
  const field = 'relock_document';
  const whole = (): LedgerDocument =>
    stageCandidate(openDocument(emptyDocument, opening(), password('hush-old')), password('hush-new'), 5);
  const json = (document = whole()) => encodeDocument(document).fields.reveal(field);
  const decode = (text: string) => decodeDocument({ fields: Secret.of({ [field]: text }), rest: null });

  test('is read as it was written, values included', () => {
    const document = whole();
    const read = decode(json(document));
    expect(read).toEqual({ ...document, held: expect.anything() });
    expect([...read.held].map(([version, secret]) => [version, secret.revealAll()])).toEqual(
      [...document.held].map(([version, secret]) => [version, secret.revealAll()]),
    );
  });

  test.each([
    ['not JSON', (text: string) => text.slice(1)],
    ['of a later format', (text: string) => text.replace('"format":1', '"format":2')],
    ['with a field we do not know', (text: string) => text.replace('{', '{"extra":"hush",')],
    [
      'with a value of the wrong type',
      (text: string) => text.replace('"password":"hush-old"', '"password":["hush-old"]'),
    ],
    ['with a phase that does not exist', (text: string) => text.replace('"phase":"staged"', '"phase":"hush"')],
    ['empty', () => '""'],
  ])('%s is refused, without repeating a value', (_, damage) => {
    const damaged = damage(json());
    const refuse = () => decode(damaged);
    expect(refuse).toThrow(RangeError);
    expect(refuse).not.toThrow(/hush/);
  });

  test('does not show its values when printed', () => {
    expect(inspect(whole(), { depth: 10, showHidden: true })).not.toContain('hush');
    expect(JSON.stringify([...whole().held])).not.toContain('hush');
  });

  test('remembers a bounded number of spent tokens', async () => {
    const vault = vaultOver(new MemoryDocuments());
    const tokens: string[] = [];
    for (let count = 0; count < 40; count += 1) {
      const mine = opening();
      tokens.push(mine.token);
      await vault.open('a', mine, callContext());
      await vault.finish('a', mine, { end: 'untouched', at: count }, callContext());
    }
    const { spent } = await vault.state('a', callContext());
    expect(spent.map(({ token }) => token)).toEqual(tokens.slice(-32));
  });
});

test('a path that somebody else never stops writing is given up, not overwritten', async () => {
  const memory = new MemoryDocuments();
  let attempts = 0;
  const contested: DocumentStore = {
    driver: memory.driver,
    read: (place, path) => memory.read(place, path),
    list: (place, prefix) => memory.list(place, prefix),
    check: () => memory.check(),
    write: async (place, path, content, expected) => {
      // That a promote may follow is written down first, where no stranger writes.
      if (place === 'relock' && path === 'a') return memory.write(place, path, content, expected);
      attempts += 1;
      const { revision } = await memory.read(place, path);
      await memory.write(place, path, contentFromJson({ by: 'somebody else' }), revision);
      return 'conflict';
    },
  };
  await memory.write('readers', 'a', contentFromJson({ password: 'old-1' }), '0');
  const vault = vaultOver(memory);
  const mine = opening();
  const opened = await vault.open('a', mine, callContext());
  await vault.stage('a', mine, async () => password('new-1'), callContext());
  const base = opened.kind === 'opened' ? opened.record.base : null;
  // The stranger's first write takes the owned field away: that is a conflict of values, not of timing.
  expect(await vaultOver(contested).promote('a', mine, base, callContext())).toBe('conflict');
  expect(attempts).toBe(1);
  const other = vaultOver({ ...contested, read: async () => ({ content: null, revision: '0' }) });
  await expect(other.open('b', opening(), callContext())).rejects.toMatchObject({ code: 'Conflict', effect: 'none' });
  expect(attempts).toBeLessThan(20);
});

test('any JSON object survives the way into content and back', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), (object) => {
      const plain: unknown = JSON.parse(JSON.stringify(object));
      expect(contentToJson(contentFromJson(object))).toEqual(plain);
    }),
  );
});

test('no path that goes up, is empty in parts, or is relock’s own is accepted', () => {
  const name = fc.constantFrom('a', '.', '..', '', 'relock', '.relock', 'b ', '\u0007');
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (segments) => {
      const fine = segments.every((segment) => segment === 'a' || segment.endsWith('relock'));
      const own = segments[0]?.endsWith('relock') ?? false;
      expect(pathProblem(segments.join('/')) === null).toBe(fine && !own);
    }),
  );
});
