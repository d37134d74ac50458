import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../src/secret/secret.js';
import { freePort } from '../../src/servers/freePort.js';
import { createVaultApi } from '../../src/transport/vaultApi/client.js';
import { logInWithAppRole } from '../../src/transport/vaultApi/login.js';
import { type OpenBao, startOpenBao } from '../harness/openBao.js';
import { api, context, failureOf, read, token, valueText, write } from './vaultApi.harness.js';

const program = fileURLToPath(new URL('programs/writeOnce.ts', import.meta.url));

let server: OpenBao;
beforeAll(async () => {
  server = await startOpenBao();
});
afterAll(() => server?.stop());

const root = () => Secret.of({ token: server.rootToken });

test('a refused token, a refused login and an invalid request carry neither token nor value', async () => {
  const client = api(server.address);
  expect(await failureOf(client.send(write, token, context()))).toMatchObject({ code: 'Unauthorized', effect: 'none' });
  const stale = { ...write, body: { options: { cas: 7 }, data: { password: valueText } } };
  expect(await failureOf(client.send(stale, root(), context()))).toMatchObject({ code: 'Refused', effect: 'none' });
  const credentials = Secret.of({ role_id: 'nobody', secret_id: valueText });
  const login = logInWithAppRole(client, { mount: 'approle', credentials, subject: 'login' }, Date.now, context());
  expect(await failureOf(login)).toMatchObject({ code: 'Unauthorized', effect: 'none' });
});

test('a sealed vault says so; once it is unsealed and restarted, the same client goes on', async () => {
  const client = api(server.address);
  await client.send(write, root(), context());
  await server.seal();
  const error = await failureOf(client.send(write, root(), context()));
  expect(error).toMatchObject({
    code: 'Unreachable',
    effect: 'none',
    message: expect.stringMatching(/sealed.*Unseal/),
  });
  await server.unseal();
  await server.stopProcess();
  expect(await failureOf(client.send(read, root(), context()))).toMatchObject({ code: 'Unreachable', effect: 'none' });
  await server.startProcess();
  expect((await client.send(read, root(), context())).status).toBe(200);
});

test('a namespace that is not there is refused, not ignored', async () => {
  const inside = createVaultApi({ driver: 'openbao', address: server.address, namespace: 'nowhere', caPem: null });
  expect(await failureOf(inside.send(read, root(), context()))).toMatchObject({ effect: 'none' });
});

test('no environment variable makes it print, or sends it through a proxy', async () => {
  const closed = `http://127.0.0.1:${await freePort()}`;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', program, server.address, 'secret'],
    {
      env: {
        ...process.env,
        DEBUG: '*',
        http_proxy: closed,
        HTTP_PROXY: closed,
        ALL_PROXY: closed,
        VAULT_ADDR: closed,
        TEST_VAULT_TOKEN: server.rootToken,
      },
    },
  );
  expect(stdout).toBe('200\n');
  expect(stderr).not.toContain('must-not-leak');
  expect(stderr).not.toContain(server.rootToken);
});

test('TLS is checked against the authority in caFile, and against nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'relock-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=vault', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '1',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  ];
  await promisify(execFile)('openssl', args);
  const caPem = await readFile(cert, 'utf8');
  const tls = createServer({ key: await readFile(key), cert: caPem }, (_, response) => response.end('{"ok":true}'));
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  const bound = tls.address();
  const address = `https://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;

  const trusting = createVaultApi({ driver: 'openbao', address, caPem });
  expect(await trusting.send(read, token, context())).toEqual({ status: 200, body: { ok: true } });
  expect(await failureOf(api(address).send(write, token, context()))).toMatchObject({
    code: 'Misconfigured',
    effect: 'none',
    message: expect.stringContaining('caFile'),
  });
  const otherName = createVaultApi({ driver: 'openbao', address: address.replace('127.0.0.1', 'localhost'), caPem });
  expect(await failureOf(otherName.send(write, token, context()))).toMatchObject({
    code: 'Misconfigured',
    effect: 'none',
  });
  trusting.close();
  tls.close();
  await rm(folder, { recursive: true });
});
