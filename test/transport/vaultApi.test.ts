import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../../src/servers/freePort.js';
import {
  api,
  context,
  failureOf,
  type RawServer,
  rawServer,
  read,
  token,
  tokenText,
  write,
} from './vaultApi.harness.js';

const servers: RawServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function answering(answer: (response: ServerResponse) => void): Promise<RawServer> {
  const server = await rawServer(answer);
  servers.push(server);
  return server;
}

const status = (code: number, body: string, headers: Record<string, string> = {}) =>
  answering((response) => response.writeHead(code, headers).end(body));

describe('no answer', () => {
  test('nobody listens: nothing was sent', async () => {
    const address = `http://127.0.0.1:${await freePort()}`;
    const error = await failureOf(api(address).send(write, token, context()));
    expect(error).toMatchObject({ code: 'Unreachable', effect: 'none', subject: 'itron/a' });
  });

  test('a server that does not speak TLS where it should', async () => {
    const { address } = await status(200, '{}');
    const notTls = await failureOf(api(address.replace('http:', 'https:')).send(write, token, context()));
    expect(notTls).toMatchObject({ code: 'Misconfigured', effect: 'none' });
  });

  test('the connection breaks before the answer: a write may have happened, a read did nothing', async () => {
    const { address } = await answering((response) => response.destroy());
    expect(await failureOf(api(address).send(write, token, context()))).toMatchObject({
      code: 'Unreachable',
      effect: 'unknown',
    });
    expect(await failureOf(api(address).send(read, token, context()))).toMatchObject({
      code: 'Unreachable',
      effect: 'none',
    });
  });

  test('the answer breaks off in the middle', async () => {
    const { address } = await answering((response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"data":');
      setTimeout(() => response.destroy(), 10);
    });
    const error = await failureOf(api(address).send(write, token, context()));
    expect(error).toMatchObject({ code: 'Unreachable', effect: 'unknown' });
  });

  test('silence ends at the deadline', async () => {
    const { address } = await answering(() => {});
    const startedAt = Date.now();
    const error = await failureOf(api(address).send(write, token, context(200)));
    expect(error).toMatchObject({ code: 'Timeout', effect: 'unknown' });
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });

  test('a server that accepts connections and never speaks TLS got nothing', async () => {
    const mute = createServer(() => {});
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const bound = mute.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const error = await failureOf(api(`https://127.0.0.1:${port}`).send(write, token, context(200)));
    expect(error).toMatchObject({ code: 'Timeout', effect: 'none' });
    mute.close();
  });

  test('the caller gives up, or the time was over before it began', async () => {
    const server = await answering(() => {});
    const abort = new AbortController();
    const call = failureOf(api(server.address).send(write, token, context(5_000, abort.signal)));
    await expect.poll(() => server.requests.length).toBe(1);
    abort.abort();
    expect(await call).toMatchObject({ code: 'Timeout', effect: 'unknown' });
    const late = await failureOf(api(server.address).send(write, token, context(-1)));
    expect(late).toMatchObject({ code: 'Timeout', effect: 'none' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('an answer that is not the expected one', () => {
  test.each([
    [400, 'Refused', 'none'],
    [403, 'Unauthorized', 'none'],
    [404, 'NotFound', 'none'],
    [412, 'Unreachable', 'none'],
    [429, 'Unreachable', 'none'],
    [472, 'Misconfigured', 'none'],
    [473, 'Unreachable', 'none'],
    [500, 'Unreachable', 'unknown'],
    [501, 'Misconfigured', 'none'],
    [502, 'Unreachable', 'unknown'],
    [503, 'Unreachable', 'unknown'],
    [418, 'Misconfigured', 'unknown'],
  ])('%i is %s with effect %s, and none of its text is repeated', async (code, expected, effect) => {
    const { address } = await status(code, `{"errors":["VALUE-that-must-not-leak ${tokenText}"]}`);
    expect(await failureOf(api(address).send(write, token, context()))).toMatchObject({ code: expected, effect });
  });

  test('a redirect is not followed: the token goes nowhere else', async () => {
    const elsewhere = await status(200, '{}');
    const { address } = await status(307, '', { location: `${elsewhere.address}/v1/secret/data/itron/a` });
    const error = await failureOf(api(address).send(write, token, context()));
    expect(error).toMatchObject({ code: 'Misconfigured', effect: 'none' });
    expect(elsewhere.requests).toEqual([]);
  });

  test('what is not JSON is no vault', async () => {
    const { address } = await status(200, '<html>VALUE-that-must-not-leak</html>');
    expect(await failureOf(api(address).send(read, token, context()))).toMatchObject({ code: 'Misconfigured' });
  });

  test('an answer without end is not read to the end', async () => {
    const { address } = await answering((response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, ' ')));
      };
      response.on('drain', more);
      more();
    });
    expect(await failureOf(api(address).send(read, token, context()))).toMatchObject({ code: 'Misconfigured' });
  });
});

describe('what is sent', () => {
  test('segments arrive as they are, and a way up is refused', async () => {
    const server = await status(200, '{}');
    const path = ['secret', 'data', 'a#b', 'q?x', '%41', 'ü é', 'a/b', ''];
    await api(server.address).send({ ...read, path }, token, context());
    expect(server.requests[0]?.url).toBe('/v1/secret/data/a%23b/q%3Fx/%2541/%C3%BC%20%C3%A9/a%2Fb/');
    const up = await failureOf(api(server.address).send({ ...read, path: ['secret', '..', 'sys'] }, token, context()));
    expect(up).toMatchObject({ code: 'Misconfigured', effect: 'none' });
    expect(server.requests).toHaveLength(1);
  });

  test('one connection serves many calls, each with its own token', async () => {
    const server = await status(200, '{}');
    const client = api(server.address);
    await client.send(read, token, context());
    await client.send(read, null, context());
    expect(server.requests.map(({ headers }) => headers['x-vault-token'])).toEqual([tokenText, undefined]);
    client.close();
  });
});
