import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Payload } from '@temporalio/common';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CodecServer, startCodecServer } from '../../src/codec/codecServer.js';
import { type Decoding, decodeLog } from '../../src/codec/decodeLog.js';
import { EncryptingCodec } from '../../src/codec/encryptingCodec.js';
import { addKey, makeKeyFile, readKeyFile, removeKey, useKey } from '../../src/codec/keyFile.js';
import { KeyRing, newKeyLine } from '../../src/codec/keyRing.js';
import { temporaryFolder } from '../config/estateFile.js';

const [older, newer] = [newKeyLine(0), newKeyLine(1)];
const nameOf = (line: string) => line.split(' ')[0] ?? '';
const codec = new EncryptingCodec(new KeyRing(`${older}\n${newer}\n`));
const payload: Payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"canary-in-clear"') };
const at = (workflowId: string) => ({ type: 'workflow', namespace: 'default', workflowId }) as const;

async function sealed(by = codec, context = at('rotate/a')): Promise<Payload> {
  const [one = payload] = await by.encode([payload], context);
  return one;
}

describe('payloads', () => {
  it('come back as they were; nothing of them is in clear, and no two look the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.dictionary(fc.string(), fc.uint8Array()), async (data, metadata) => {
        const [found] = await codec.decode(await codec.encode([{ data, metadata }]));
        expect(Buffer.from(found?.data ?? [])).toEqual(Buffer.from(data));
        expect(Object.entries(found?.metadata ?? {}).map(([key, value]) => [key, [...value]])).toEqual(
          Object.entries(metadata).map(([key, value]) => [key, [...value]]),
        );
      }),
      { numRuns: 200 },
    );
    const [one, two] = [await sealed(), await sealed()];
    expect(Buffer.from(one.data ?? []).includes('canary')).toBe(false);
    expect(Buffer.from(one.data ?? []).equals(Buffer.from(two.data ?? []))).toBe(false);
  });

  it('any changed byte, and a changed key name, is refused', async () => {
    const one = await sealed();
    const data = Buffer.from(one.data ?? []);
    await fc.assert(
      fc.asyncProperty(fc.nat(data.length - 1), fc.integer({ min: 1, max: 255 }), async (index, flip) => {
        const changed = Buffer.from(data);
        changed[index] = (changed[index] ?? 0) ^ flip;
        await expect(codec.decode([{ ...one, data: changed }])).rejects.toThrow(/could not be opened/);
      }),
      { numRuns: 200 },
    );
    const renamed = { ...one.metadata, 'encryption-key-id': Buffer.from(nameOf(older)) };
    await expect(codec.decode([{ ...one, metadata: renamed }])).rejects.toThrow(/could not be opened/);
    await expect(codec.decode([{ ...one, data: data.subarray(0, 5) }])).rejects.toThrow(/could not be opened/);
  });

  it('moved to another workflow, it is refused; the codec server, which knows of none, opens it', async () => {
    const one = await sealed();
    await expect(codec.decode([one], at('rotate/b'))).rejects.toThrow(/another workflow/);
    await expect(codec.decode([one], { ...at('rotate/a'), namespace: 'other' })).rejects.toThrow(/another workflow/);
    expect(await codec.decode([one], at('rotate/a'))).toHaveLength(1);
    expect(await codec.decode([one])).toHaveLength(1);
    const bySchedule = at('rotate/a-2026-11-23T07:00:00Z');
    expect(await codec.decode([one], bySchedule)).toHaveLength(1);
  });

  it('what was encrypted with an older key still opens; the newest encrypts', async () => {
    const before = await sealed(new EncryptingCodec(new KeyRing(older)));
    expect(await codec.decode([before])).toMatchObject([{ data: payload.data }]);
    expect(Buffer.from((await sealed()).metadata?.['encryption-key-id'] ?? []).toString()).toBe(nameOf(newer));
  });

  it('without its key, the message names the key and the place to look', async () => {
    const other = new EncryptingCodec(new KeyRing(older));
    const one = await sealed();
    await expect(other.decode([one])).rejects.toThrow(new RegExp(`"${nameOf(newer)}".*codec.keyFile`));
  });
});

describe('the key ring', () => {
  it('is made once, for its owner only; a further key goes in front and decrypts only', () => {
    const file = join(temporaryFolder(), 'deep', 'codec.keys');
    expect([makeKeyFile(file, 0), makeKeyFile(file, 0)]).toEqual([true, false]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const first = readKeyFile(file);
    addKey(file, 1);
    const second = readKeyFile(file);
    if (first === 'missing' || second === 'missing') throw new Error('the key ring is gone');
    expect(second.newest).toBe(first.newest);
    expect(second.names).toHaveLength(2);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('the one that encrypts is chosen and is never taken out; one that is not there is said', () => {
    const file = join(temporaryFolder(), 'codec.keys');
    makeKeyFile(file, 0);
    addKey(file, 1);
    const names = () => {
      const ring = readKeyFile(file);
      return ring === 'missing' ? [] : ring.names;
    };
    const [added = '', first = ''] = names();
    expect(() => removeKey(file, first)).toThrow(/is the key that encrypts; nothing was changed/);
    useKey(file, added);
    expect(names()).toEqual([first, added]);
    removeKey(file, first);
    expect(names()).toEqual([added]);
    for (const change of [useKey, removeKey]) expect(() => change(file, first)).toThrow(/no key.*nothing was changed/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain('#');
  });

  it.each([
    ['empty', '', /no key/],
    ['cut', older.slice(0, -3), /line 1 is not a key/],
    ['twice', `${older}\n${older}`, /same name/],
  ])('refused: %s', (_, text, message) => {
    const file = join(temporaryFolder(), 'codec.keys');
    writeFileSync(file, text, { mode: 0o600 });
    expect(() => readKeyFile(file)).toThrow(message);
    try {
      readKeyFile(file);
    } catch (error) {
      expect(String(error)).not.toContain(older.split(' ')[1]);
    }
  });

  it('refused: readable by everybody; missing is said', () => {
    const file = join(temporaryFolder(), 'codec.keys');
    expect(readKeyFile(file)).toBe('missing');
    makeKeyFile(file, 0);
    chmodSync(file, 0o644);
    expect(() => readKeyFile(file)).toThrow(/chmod 600/);
    expect(readFileSync(file, 'utf8')).toContain('#');
  });
});

describe('the codec server', () => {
  let server: CodecServer;
  const origin = 'http://127.0.0.1:8233';
  beforeAll(async () => {
    const log = (decoding: Decoding) => {
      if (isFull) throw new Error('ENOSPC');
      write(decoding);
    };
    server = await startCodecServer({ codec, origins: [origin], log });
  });
  afterAll(async () => {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const folder = mkdtempSync(join(tmpdir(), 'relock-decode-'));
  const logFile = join(folder, 'decode.log');
  const write = decodeLog(logFile, () => Date.UTC(2026, 0, 2), 600);
  const logged = (file = logFile): unknown[] =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  let isFull = false;

  const post = (url: string, body: string, headers: Record<string, string> = { origin }) =>
    // A connection that was idle too long may be closed just when it is used again.
    fetch(url, { method: 'POST', body, headers: { ...headers, connection: 'close' } });
  const json = (one: Payload) => ({
    metadata: Object.fromEntries(
      Object.entries(one.metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
    data: Buffer.from(one.data ?? []).toString('base64'),
  });

  it('opens and seals for pages of the UI', async () => {
    const opened = await post(`${server.endpoint}/decode`, JSON.stringify({ payloads: [json(await sealed())] }));
    expect(opened.headers.get('access-control-allow-origin')).toBe(origin);
    expect(await opened.json()).toEqual({ payloads: [json(payload)] });
    const closed = await post(
      `${server.endpoint}/encode?preserveStorageRefs=true`,
      JSON.stringify({ payloads: [json(payload)] }),
    );
    expect(await closed.text()).not.toContain(json(payload).data);
  });

  it('answers no other page, no other path, no other method, and nothing that is not payloads', async () => {
    const body = JSON.stringify({ payloads: [json(await sealed())] });
    const other = await post(`${server.endpoint}/decode`, body, { origin: 'http://evil.example' });
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    const base = new URL(server.endpoint).origin;
    expect((await post(`${base}/decode`, body)).status).toBe(404);
    expect((await post(`${base}/${'x'.repeat(43)}/decode`, body)).status).toBe(404);
    expect((await fetch(`${server.endpoint}/decode`, { headers: { origin } })).status).toBe(404);
    expect((await post(`${server.endpoint}/decode`, '{"payloads": 1}')).status).toBe(400);
    expect((await post(`${server.endpoint}/decode`, 'x'.repeat(9_000_000)).catch(() => ({ status: 400 }))).status).toBe(
      400,
    );
  });

  it('writes down who had what decrypted, when and with which keys, and no value', async () => {
    const body = JSON.stringify({ payloads: [json(await sealed()), json(await sealed()), json(payload)] });
    await post(`${server.endpoint}/decode`, body, { origin, 'x-namespace': 'plant' });
    expect(logged().at(-1)).toEqual({
      at: '2026-01-02T00:00:00.000Z',
      origin,
      namespace: 'plant',
      payloads: 3,
      keys: [nameOf(newer)],
    });
    await post(`${server.endpoint}/decode`, body, {});
    expect(logged().at(-1)).toMatchObject({ origin: null, namespace: null });
    expect(readFileSync(logFile, 'utf8')).not.toContain('canary');
    expect(statSync(logFile).mode & 0o777).toBe(0o600);
  });

  it('what it writes down is bounded: two files of the size that was given', async () => {
    const body = JSON.stringify({ payloads: [json(await sealed())] });
    for (let asked = 0; asked < 20; asked += 1) await post(`${server.endpoint}/decode`, body);
    for (const file of [logFile, `${logFile}.1`]) {
      expect(statSync(file).size).toBeLessThanOrEqual(600);
      expect(logged(file).length).toBeGreaterThan(0);
    }
  });

  it('what it cannot write down it does not decrypt', async () => {
    isFull = true;
    const body = JSON.stringify({ payloads: [json(await sealed())] });
    const refused = await post(`${server.endpoint}/decode`, body);
    isFull = false;
    expect(refused.status).toBe(400);
    const said = await refused.text();
    expect(said).toContain('the decode log cannot be written');
    expect(said).not.toContain('canary');
  });

  it("a key's name that is no name is not written down as it came", async () => {
    const forged = { ...(await sealed()).metadata, 'encryption-key-id': Buffer.from('\u001b[2Jx') };
    const body = JSON.stringify({ payloads: [json({ metadata: forged, data: Buffer.from('x') })] });
    expect((await post(`${server.endpoint}/decode`, body)).status).toBe(400);
    expect(logged().at(-1)).toMatchObject({ keys: ['of an unreadable name'] });
  });
});
