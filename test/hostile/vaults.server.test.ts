import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { VaultBackend } from '../../src/contracts/vaultBackend.js';
import { noShapes } from '../../src/model/copyShape.js';
import { DriverError } from '../../src/model/errors.js';
import { hasControlCharacters } from '../../src/model/printable.js';
import { vaultType as aws } from '../../src/vaults/aws-secrets-manager/driver.js';
import { awsSettings } from '../../src/vaults/aws-secrets-manager/settings.js';
import { vaultType as openbao } from '../../src/vaults/openbao/driver.js';
import { openbaoSettings } from '../../src/vaults/openbao/settings.js';
import { context, rawServer, tokenText } from '../transport/vaultApi.harness.js';
import { costOf } from './hostileSsh.js';

const environment = {
  now: Date.now,
  baseDirectory: '.',
  environment: { TOKEN: tokenText, KEY_ID: 'AKIAIOSFODNN7EXAMPLE', KEY: 'KEY-that-must-not-leak' },
};

type Answer = (response: ServerResponse, url: string) => void;

async function serving(answer: Answer) {
  const server = await rawServer((response, request) => answer(response, request.url ?? ''));
  onTestFinished(server.stop);
  return server;
}

const makers = {
  openbao: (address: string): VaultBackend =>
    openbao.create(
      openbaoSettings.parse({ address, auth: { method: 'token', tokenEnv: 'TOKEN' } }),
      environment,
      noShapes,
    ),
  aws: (endpoint: string): VaultBackend => {
    const keys = { accessKeyIdEnv: 'KEY_ID', secretAccessKeyEnv: 'KEY' };
    return aws.create(awsSettings.parse({ region: 'eu-central-1', endpoint, ...keys }), environment, noShapes);
  },
};

/** Everything that only looks: each ends in an answer or in relock's own error, without anything that the vault said. */
async function look(vault: VaultBackend, timeMs = 1_500): Promise<readonly string[]> {
  const calls = [
    () => vault.state('itron/a', context(timeMs)),
    () => vault.list('', context(timeMs)),
    () => vault.check(['itron/a'], context(timeMs)),
  ];
  const ends: string[] = [];
  for (const call of calls) {
    try {
      await call();
      ends.push('answer');
    } catch (error) {
      if (!(error instanceof DriverError)) throw new Error(`foreign error: ${inspect(error)}`);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/must-not-leak|HUSH/);
      expect(hasControlCharacters(error.message)).toBe(false);
      ends.push(error.code);
    }
  }
  return ends;
}

const mountAnswer = { data: { type: 'kv', options: { version: '2' } } };
const json = (response: ServerResponse, value: unknown, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
/** The mount is as it should be, so that what comes behind it is read. */
const behindMount =
  (answer: Answer): Answer =>
  (response, url) =>
    url.includes('/mounts/') ? json(response, mountAnswer) : answer(response, url);

describe.each(Object.entries(makers))('%s that misbehaves', (_, make) => {
  it.each<[string, Answer]>([
    ['HTML', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>HUSH\u001b[2J</html>')],
    ['an empty body', (response) => response.writeHead(200).end()],
    ['an empty object', (response) => json(response, {})],
    ['the token back', (response) => json(response, { errors: [tokenText], message: tokenText, __type: 'HUSH' }, 400)],
    ['a redirect', (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/HUSH' }).end()],
    ['deep JSON', (response) => response.writeHead(200).end(`{"data":${'['.repeat(400_000)}${']'.repeat(400_000)}}`)],
    ['a reset', (response) => response.destroy()],
    ['5 MB of one text', (response) => json(response, { data: { data: { password: 'HUSH'.repeat(1_300_000) } } })],
  ])('%s: our own error, in time', async (_name, answer) => {
    const { address } = await serving(behindMount(answer));
    const { value } = await costOf(() => look(make(address), 2_500));
    expect(value).toHaveLength(3);
    expect(value[0]).not.toBe('answer');
  });

  it('chunks without end: bounded in memory', async () => {
    const { address } = await serving(
      behindMount((response) => {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(256 * 1024, '[')));
        };
        response.on('drain', more);
        more();
      }),
    );
    const vault = make(address);
    const { megabytes, value } = await costOf(() =>
      vault.state('itron/a', context(2_000)).then(
        () => 'answer',
        (error: unknown) => (error instanceof DriverError ? error.code : inspect(error)),
      ),
    );
    expect(['Misconfigured', 'Unreachable', 'Timeout']).toContain(value);
    expect(megabytes).toBeLessThan(250);
  });

  it('single bytes: ends at the deadline', async () => {
    const { address } = await serving(
      behindMount((response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write(' '), 10);
        response.on('close', () => clearInterval(timer));
      }),
    );
    const { value, ms } = await costOf(() => look(make(address), 300));
    expect(value[0]).toBe('Timeout');
    expect(ms).toBeLessThan(8_000);
  });

  it('any JSON in any field', async () => {
    let body: unknown = null;
    const { address } = await serving(behindMount((response) => json(response, body)));
    const vault = make(address);
    const odd = fc.oneof(
      fc.constantFrom<unknown>(null, 0, -1, 1.5, '', 'HUSH', '\u001b[2J', true, [], {}, ['HUSH'], [null], {
        a: 'HUSH',
      }),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const names = [
      'data',
      'metadata',
      'version',
      'keys',
      'errors',
      'VersionId',
      'SecretString',
      'VersionIdsToStages',
      'SecretList',
      'Versions',
      'NextToken',
      'CreatedDate',
      'DeletedDate',
      'itron/a',
    ];
    const inner = fc.dictionary(fc.constantFrom(...names), odd, { maxKeys: 5 });
    const shape = fc.oneof(
      odd,
      fc.record({ data: odd, VersionIdsToStages: odd, SecretList: odd, VersionId: odd, SecretString: odd }),
      fc.record({ data: fc.record({ data: odd, metadata: odd, keys: odd }) }),
      fc.record({ data: inner, VersionIdsToStages: inner, SecretList: fc.array(inner, { maxLength: 2 }) }),
      inner,
    );
    await fc.assert(
      fc.asyncProperty(shape, async (value) => {
        body = value;
        expect(await look(vault, 400)).toHaveLength(3);
      }),
      { seed: 20261125, numRuns: 60 },
    );
  });
});

it('a tree of folders without end is not walked for ever', async () => {
  const { address } = await serving(behindMount((response) => json(response, { data: { keys: ['a', 'deeper/'] } })));
  await expect(makers.openbao(address).list('', context(10_000))).rejects.toMatchObject({ code: 'Misconfigured' });
});
