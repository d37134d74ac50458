import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AgeDocuments } from '../../src/vaults/file/ageDocuments.js';
import { createIdentity } from '../../src/vaults/file/identity.js';
import { callContext, freshPath, opening, password, vaultOver } from './vaultBackend.harness.js';
import { describeVaultBackend } from './vaultBackend.suite.js';

let base: string;
let root: string;
let identityFile: string;

async function freshVault(): Promise<void> {
  base = await mkdtemp(join(tmpdir(), 'relock-file-vault-'));
  root = join(base, 'vault');
  identityFile = join(base, 'vault.key');
  await mkdir(root);
  await createIdentity(identityFile);
}

const removeVault = () => rm(base, { recursive: true, force: true });
const documents = () => new AgeDocuments(root, identityFile);

/** As a person with age and a text editor would, knowing nothing of relock's code. */
async function identity(): Promise<string> {
  return (await readFile(identityFile, 'utf8')).split('\n').find((line) => line.startsWith('AGE-SECRET-KEY-1')) ?? '';
}

async function encryptTo(file: string, text: string): Promise<void> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(await identity()));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await encrypter.encrypt(text));
}

/** `%` and a leading dot are written as %25 and %2E. */
const fileOf = (path: string) => {
  const names = path.split('/').map((name) => name.replaceAll('%', '%25').replace(/^\./, '%2E'));
  return `${join(root, ...names)}.age`;
};

async function readerSees(path: string): Promise<Readonly<Record<string, unknown>> | null> {
  const bytes = await readFile(fileOf(path)).catch(() => null);
  if (bytes === null) return null;
  const decrypter = new Decrypter();
  decrypter.addIdentity(await identity());
  return JSON.parse(await decrypter.decrypt(bytes, 'text'));
}

const personWrites = (path: string, content: object) => encryptTo(fileOf(path), JSON.stringify(content));

describe('folder of age files', () => {
  beforeAll(freshVault);
  afterAll(removeVault);
  describeVaultBackend('folder of age files', () => ({ store: documents, personWrites, readerSees }));
});

describe('file vault', () => {
  beforeEach(async () => {
    await freshVault();
    return removeVault;
  });

  const read = (path: string) => vaultOver(documents()).read(path, 'current', callContext());

  test('nothing in the folder is readable without the identity, nor by other users', async () => {
    const vault = vaultOver(documents());
    await personWrites('itron/a', { password: 'old-password' });
    const mine = opening();
    await vault.open('itron/a', mine, callContext());
    await vault.stage('itron/a', mine, async () => password('new-password'), callContext());
    const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
    expect(texts.some((text) => text.startsWith('age-encryption.org/v1'))).toBe(true);
    expect(texts.join('\n')).not.toMatch(/old-password|new-password/);
    expect((await stat(join(root, '.relock', 'documents', 'itron', 'a.age'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, '.relock'))).mode & 0o777).toBe(0o700);
  });

  test('an identity file that others can read is refused', async () => {
    await personWrites('itron/a', { password: 'x' });
    await chmod(identityFile, 0o640);
    await expect(read('itron/a')).rejects.toMatchObject({
      code: 'Misconfigured',
      message: expect.stringContaining('chmod 600'),
    });
    await chmod(identityFile, 0o600);
    expect((await read('itron/a')).has('password')).toBe(true);
  });

  test('an identity is never overwritten, and one that is missing, empty or damaged is named', async () => {
    await expect(createIdentity(identityFile)).rejects.toMatchObject({ code: 'EEXIST' });
    const good = await readFile(identityFile, 'utf8');
    const named = { code: 'Misconfigured', message: expect.stringContaining(identityFile) };
    await personWrites('itron/a', { password: 'x' });
    const damaged = good.replace(/KEY-1(.)/, (_, first) => `KEY-1${first === 'Z' ? 'Q' : 'Z'}`);
    for (const bad of ['', '# nothing\n', damaged]) {
      await writeFile(identityFile, bad);
      await expect(read('itron/a')).rejects.toMatchObject(named);
    }
    await rm(identityFile);
    await expect(read('itron/a')).rejects.toMatchObject(named);
  });

  test.each([
    ['damaged', 'not age at all'],
    ['cut short', null],
  ])('a file that is %s is named, and left as it is', async (_, text) => {
    await personWrites('itron/a', { password: 'hush-hush' });
    const file = fileOf('itron/a');
    const bytes = text === null ? (await readFile(file)).subarray(0, -8) : Buffer.from(text);
    await writeFile(file, bytes);
    await expect(read('itron/a')).rejects.toMatchObject({
      code: 'Misconfigured',
      message: expect.stringContaining(file),
    });
    await expect(vaultOver(documents()).open('itron/a', opening(), callContext())).rejects.toThrow(file);
    expect(await readFile(file)).toEqual(bytes);
  });

  test.each(['"a string"', '[1]', 'password: x', 'null'])(
    'content that is no JSON object (%s) is named',
    async (text) => {
      await encryptTo(fileOf('itron/a'), text);
      await expect(read('itron/a')).rejects.toMatchObject({
        code: 'Misconfigured',
        message: expect.not.stringContaining(text),
      });
    },
  );

  test('a folder that is not there is not an empty vault', async () => {
    const vault = vaultOver(new AgeDocuments(join(base, 'mistyped'), identityFile));
    const missing = { code: 'Misconfigured', message: expect.stringContaining('mistyped') };
    await expect(vault.read('itron/a', 'current', callContext())).rejects.toMatchObject(missing);
    await expect(vault.list('', callContext())).rejects.toMatchObject(missing);
    await expect(vault.openRecords(callContext())).rejects.toMatchObject(missing);
    await expect(vault.open('itron/a', opening(), callContext())).rejects.toMatchObject(missing);
    expect(await vault.check(['itron/a'], callContext())).toMatchObject([{ path: null, severity: 'error' }]);
  });

  test('check names the files that cannot be used, and no others', async () => {
    await personWrites('itron/good', { password: 'x' });
    await writeFile(fileOf('itron/bad'), 'x');
    const findings = await vaultOver(documents()).check(['itron/good', 'itron/bad', 'itron/absent'], callContext());
    expect(findings).toMatchObject([{ path: 'itron/bad', severity: 'error' }]);
  });

  test('a name that relock would never look for is an error of list, not a gap in it', async () => {
    await writeFile(join(root, 'a%41.age'), 'x');
    await expect(vaultOver(documents()).list('', callContext())).rejects.toThrow('a%2541.age');
  });

  test('what is left of a write that was killed is ignored, and overwritten', async () => {
    await personWrites('itron/a', { password: 'old-1' });
    await writeFile(`${fileOf('itron/a')}.tmp`, 'half of a');
    const vault = vaultOver(documents());
    expect(await vault.list('', callContext())).toEqual(['itron/a']);
    const mine = opening();
    const opened = await vault.open('itron/a', mine, callContext());
    await vault.stage('itron/a', mine, async () => password('new-1'), callContext());
    const base_ = opened.kind === 'opened' ? opened.record.base : null;
    expect(await vault.promote('itron/a', mine, base_, callContext())).toBe('promoted');
    expect((await readdir(join(root, 'itron'))).sort()).toEqual(['a.age']);
  });

  test('the lock of a writer that was killed is taken over; of one that lives, it is waited for', async () => {
    const holder = startWriter('hold');
    await holder.saysSomething;
    const open = (timeoutMs: number) => vaultOver(documents()).open(freshPath(), opening(), callContext(timeoutMs));
    const waited = { code: 'Timeout', effect: 'none', message: expect.stringContaining(`process ${holder.child.pid}`) };
    await expect(open(300)).rejects.toMatchObject(waited);
    holder.child.kill('SIGSTOP');
    await expect(open(300)).rejects.toMatchObject(waited);
    holder.child.kill('SIGKILL');
    await holder.exited;
    expect((await open(20_000)).kind).toBe('opened');
  });

  test('of many writers in several processes none is lost, though some are killed', async () => {
    const path = 'itron/counter';
    await personWrites(path, { count: '0' });
    const victims = [startWriter('count', path, '1000000'), startWriter('count', path, '1000000')];
    const workers = [startWriter('count', path, '25'), startWriter('count', path, '25')];
    for (const victim of victims) {
      await victim.saysSomething;
      victim.child.kill('SIGKILL');
      await victim.exited;
    }
    expect(await Promise.all(workers.map((worker) => worker.exited))).toEqual([0, 0]);
    expect(workers.map((worker) => worker.lines().length)).toEqual([25, 25]);
    const said = [...workers, ...victims].flatMap((writer) => writer.lines()).map(Number);
    expect(new Set(said).size).toBe(said.length);
    const last = Number((await readerSees(path))?.count);
    expect(last).toBeGreaterThanOrEqual(Math.max(...said));
    // Each victim may have been killed between a write and saying so.
    expect(last - said.length).toBeLessThanOrEqual(victims.length);
  });
});

interface Writer {
  readonly child: ChildProcess;
  readonly saysSomething: Promise<unknown>;
  /** Its exit code; null: killed. */
  readonly exited: Promise<number | null>;
  /** Complete lines that it has written. */
  lines(): readonly string[];
}

const program = fileURLToPath(new URL('programs/fileWriter.ts', import.meta.url));

/** Ends when this process does, however that ends: then its standard input is closed. */
function startWriter(what: 'hold' | 'count', ...rest: readonly string[]): Writer {
  const args = ['--import', 'tsx', program, what, root, identityFile, ...rest];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { child, saysSomething: once(child.stdout, 'data'), exited, lines: () => text.split('\n').slice(0, -1) };
}
