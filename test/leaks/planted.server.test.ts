import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectedClient, connectClient, temporalAt } from '../../src/client.js';
import { encryptingConverter } from '../../src/codec/dataConverter.js';
import { KeyRing, newKeyLine } from '../../src/codec/keyRing.js';
import { generateSshKey } from '../../src/secret/sshKey.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { sharedTemporal } from '../harness/shared.js';
import { type SshHost, startSshHost } from '../harness/sshHost.js';
import { hostPlaces } from './hostPlaces.js';
import { LeakScan, type Place } from './leakScan.js';
import { filesBelow, historiesOf } from './places.js';
import { processPlaces, sampleProcesses } from './processes.js';
import { awkwardPassword, partsOfKey } from './secrets.js';
import { startSyslog } from './syslog.js';
import { readPages } from './uiPages.js';

const secret = awkwardPassword();
const scan = new LeakScan({ secret });
const base64 = (before: string) => Buffer.from(`${before}${secret} and more`).toString('base64');

/** As other programs would write it, made here with nothing of the scanner's. */
const leaked: Readonly<Record<string, string>> = {
  plain: `password=${secret}`,
  'base64, first in its group': base64('abc'),
  'base64, second in its group': base64('a'),
  'base64, third in its group': base64('ab'),
  'base64url, first in its group': Buffer.from(`${secret}`).toString('base64url'),
  'base64url, second in its group': Buffer.from(`x${secret}`).toString('base64url'),
  'base64url, third in its group': Buffer.from(`xy${secret}`).toString('base64url'),
  hex: Buffer.from(secret).toString('hex'),
  'hex in capitals': Buffer.from(secret).toString('hex').toUpperCase(),
  'a URL': `https://vault.example/?p=${encodeURIComponent(secret)}`,
  'form data': new URLSearchParams({ secret }).toString(),
  JSON: JSON.stringify({ secret }),
  'JSON within JSON': JSON.stringify({ log: JSON.stringify({ secret }) }),
};
const forms = Object.entries(leaked);

describe.each(forms)('a secret as %s', (_, text) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'relock-planted-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is found in a file, deep in a folder, among bytes that are no text', () => {
    mkdirSync(join(folder, 'deep'));
    const content = Buffer.concat([Buffer.alloc(100, 0xff), Buffer.from(text), Buffer.alloc(100)]);
    writeFileSync(join(folder, 'deep', 'file'), content);
    expect(scan.findings(filesBelow(folder, 'files')).join()).toContain('in files: deep/file');
  });

  it('is found in a line of the log', () => {
    const file = join(folder, 'log');
    const log = pino({ base: null }, pino.destination({ dest: file, sync: true }));
    log.info({ attempt: 1 }, text);
    expect(scan.findings(filesBelow(folder, 'files')).join()).toContain('in files: log');
  });

  it('is found in a row that SQLite has only in its write-ahead log', () => {
    const file = join(folder, 'rows.db');
    const script = [
      'import os, sqlite3, sys',
      'db = sqlite3.connect(sys.argv[1]); db.execute("pragma journal_mode=wal"); db.execute("create table t (v)")',
      'db.execute("insert into t values (?)", (sys.stdin.read(),)); db.commit(); os._exit(0)',
    ].join('\n');
    execFileSync('python3', ['-c', script, file], { input: text });
    expect(scan.findings(filesBelow(folder, 'files')).join()).toContain('in files: rows.db-wal');
  });
});

it('is found in the name of a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relock-planted-'));
  writeFileSync(join(folder, `${Buffer.from(secret).toString('hex')}.tmp`), '');
  expect(scan.findings(filesBelow(folder, 'files')).join()).toContain('the name of files');
  rmSync(folder, { recursive: true, force: true });
});

describe('in processes', () => {
  const variable = 'VAULT_TOKEN';
  const mark = (kind: string, index: number) => `planted-${kind}-${index}`;
  /** Only what was started for that form, and as it should be. */
  const isExpected = ({ cmdline }: { cmdline: string }) => cmdline.includes('planted-expected-');
  let places: readonly Place[];

  beforeAll(async () => {
    const sampling = await sampleProcesses();
    const run = (name: string, args: readonly string[], env: Readonly<Record<string, string>>) => {
      const shell = ['-c', 'sleep 1; true', name, ...args];
      const child = spawn('/bin/sh', shell, { env: { PATH: '/usr/bin:/bin', ...env }, stdio: 'ignore' });
      return once(child, 'exit');
    };
    const runs = forms.flatMap(([, text], index) => [
      run(mark('argument', index), [text], {}),
      run(mark('variable', index), [], { [variable]: text }),
      run(mark('expected', index), [], { [variable]: text }),
      run(mark('expected-not', index), [], { OTHER: text }),
    ]);
    await Promise.all(runs);
    places = processPlaces(await sampling.end(), { name: variable, isExpected });
  }, 60_000);

  /** What was found in the process of that mark. */
  const found = (kind: string, index: number) => {
    const name = new RegExp(`${mark(kind, index)}( |$)`);
    return scan.findings(places.filter((place) => name.test(place.name))).join();
  };

  it.each(forms.map(([form], index) => [form, index] as const))('is found as %s', (_, index) => {
    expect(found('argument', index)).toContain('in the arguments of process');
    expect(found('variable', index)).toContain('in the environment of process');
    expect(found('expected-not', index)).toContain('in the environment of process');
    expect(found('expected', index)).toBe('');
  });
});

describe('on a target', () => {
  let host: SshHost;
  beforeAll(async () => {
    host = await startSshHost({ sshdConfig: ['LogLevel DEBUG3'] });
    await startSyslog(host);
  });
  afterAll(() => host?.stop());

  it('is found where a real sshd wrote it, when somebody typed it as his name', async () => {
    const name = Buffer.from(secret).toString('hex');
    const [ip = '', port = ''] = host.address.split(':');
    const options = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'];
    const ssh = spawn('ssh', ['-F', 'none', ...options, '-p', port, '-l', name, ip, 'true'], { stdio: 'ignore' });
    await once(ssh, 'exit');
    const logged = async () => {
      return scan.findings(hostPlaces(host)).join().includes('var/log: sshd.log') || undefined;
    };
    expect(await waitUntil(logged, { what: 'the line in the log', timeoutMs: 20_000 })).toBe(true);
  });

  it('is found in what its programs log', async () => {
    await host.exec('logger -t planted', secret);
    const logged = async () => scan.findings(hostPlaces(host)).join().includes('var/log: syslog') || undefined;
    expect(await waitUntil(logged, { what: 'the line in the log', timeoutMs: 20_000 })).toBe(true);
  });

  it.each(forms)('is found in a log, as %s', async (_, text) => {
    await host.writeFile('/var/log/planted.log', text);
    expect(scan.findings(hostPlaces(host)).join()).toContain('var/log: planted.log');
  });

  it('is found in the arguments of what a login starts', async () => {
    const sampling = await sampleProcesses();
    await host.exec(`sleep 0.5; : '${Buffer.from(secret).toString('base64')}'`);
    const places = processPlaces(await sampling.end(), { name: '', isExpected: () => false });
    expect(scan.findings(places).join()).toMatch(/in the arguments of process bash -c sleep 0.5/);
  });
});

describe('on a page', () => {
  let found: string;

  beforeAll(async () => {
    const bodies = forms.flatMap(([, text], index) => {
      const shown = `<p>ready</p><p>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</p>`;
      const hides = `<p>ready</p><script>fetch('/hidden-${index}').then((r) => r.text())</script>`;
      return [[`/shown-${index}`, shown] as const, [`/hides-${index}`, hides], [`/hidden-${index}`, text]] as const;
    });
    const answers = new Map<string, string>(bodies);
    const server = createServer((request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(answers.get(request.url ?? '') ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const names = forms.flatMap((_, index) => [`shown-${index}`, `hides-${index}`]);
    const pages = names.map((name) => ({ name: `${name}.`, url: `http://127.0.0.1:${port}/${name}`, shows: 'ready' }));
    found = scan.findings(await readPages(pages)).join();
    server.close();
  }, 120_000);

  it.each(forms.map(([form], index) => [form, index] as const))(
    'is found in what it shows, and in what it was given and does not show, as %s',
    (_, index) => {
      expect(found).toContain(`in the page shown-${index}.`);
      expect(`${found},`).toContain(`in the answer to /hidden-${index},`);
    },
  );
});

describe('in a history', () => {
  let connected: ConnectedClient;
  let found: readonly Place[];
  beforeAll(async () => {
    const { address, namespace } = await sharedTemporal();
    const converter = encryptingConverter(new KeyRing(newKeyLine(0)));
    connected = await connectClient(temporalAt(address, namespace), converter);
    const start = (id: string, text: string) =>
      connected.client.workflow.start('mailbox', { workflowId: id, taskQueue: 'nobody', args: [{ text }] });
    for (const [form, text] of forms) await start(form, text);
    const handle = await start('summary', 'nothing');
    await handle.signal('said', secret);
    const listed = async () => {
      found = await historiesOf(connected.client);
      return found.length === forms.length + 1 ? true : undefined;
    };
    await waitUntil(listed, { what: 'the workflows in the list', timeoutMs: 20_000 });
  });
  afterAll(() => connected?.close());

  it.each(forms)('is found in an input that is encrypted, as %s', (form) => {
    expect(scan.findings(found).join()).toContain(`in the history of ${form}`);
  });

  it('is found in a signal', () => {
    expect(scan.findings(found).join()).toContain('in the history of summary');
  });
});

it('the parts of a private key are found in it, and in what else holds its seed', () => {
  const pair = generateSshKey('x');
  const key = pair.reveal('private_key');
  const parts = partsOfKey('key', key);
  expect(Object.keys(parts)).toHaveLength(4);
  const found = new LeakScan(parts).findings([{ name: 'a file', content: key }]);
  expect(found.length).toBeGreaterThan(3);
  // A public key is none of them.
  expect(new LeakScan(parts).findings([{ name: 'a file', content: pair.reveal('public_key') }])).toEqual([]);
});
