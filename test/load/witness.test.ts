import { beforeEach, describe, expect, test } from 'vitest';
import type { Login, TargetDriver } from '../../src/contracts/targetDriver.js';
import { contentFromJson } from '../../src/ledger/jsonContent.js';
import type { LedgerVault } from '../../src/ledger/ledgerVault.js';
import type { Secret } from '../../src/secret/secret.js';
import { effectContext, verb } from '../contract/targetDriver.harness.js';
import { by, callContext, freshToken, opening, password, vaultOver } from '../contract/vaultBackend.harness.js';
import { EstateWorld } from './estateWorld.js';
import { account, loadCredentials, managementPath } from './loadSpec.js';

// The second credential is on a device with overlap: there the old secret lives until it is retired.
const [path, device] = ['acme/svc-2', 'dev-2-a'];
const next = password('made-for-the-test');

/** The steps of a rotation, done by hand: in any order, and none is checked. */
describe('a witness', () => {
  let world: EstateWorld;
  let vault: LedgerVault;
  let driver: TargetDriver;
  let via: Login;
  let token: string;

  beforeEach(async () => {
    world = new EstateWorld();
    await world.fill(loadCredentials(2));
    vault = vaultOver(world.documents);
    driver = world.target(device);
    via = { as: 'management', account: 'root', secret: await vault.read(managementPath, 'current', callContext()) };
    token = freshToken();
    await vault.open(path, opening({ token, credential: path, targets: [device] }), callContext());
  });

  const stage = () => vault.stage(path, by(token), async () => next, callContext());
  const change = () => verb(driver, 'change').call(driver, account, via, next, effectContext());
  const logIn = (secret: Secret) => driver.probe(account, secret, effectContext()).then(({ answer }) => answer);
  const promote = async () => vault.promote(path, by(token), await base(), callContext());
  const base = async () => (await vault.state(path, callContext())).record?.base ?? '';
  const retire = async (old: Secret) => verb(driver, 'retire').call(driver, account, via, old, next, effectContext());
  const old = async () => vault.read(path, await base(), callContext());
  const truth = () => world.truth().find(({ credential }) => credential === path);

  test('has nothing to say of what is right, and knows what is so at the end', async () => {
    await stage();
    await change();
    await logIn(next);
    await promote();
    const [first, version] = [await old(), await base()];
    await retire(first);
    await vault.note(path, by(token), { goneFrom: [{ version, targets: [device] }] }, callContext());
    await vault.finish(path, by(token), { end: 'rotated', at: Date.now() }, callContext());
    expect(world.problems()).toEqual([]);
    expect(truth()).toEqual({
      credential: path,
      readers: 'value-1',
      accepted: { [device]: ['value-1'] },
      held: ['value-1'],
      open: null,
      spent: { [token]: 'rotated' },
    });
  });

  test('sees a device told a value that nobody holds', async () => {
    await change();
    expect(world.problems().join('\n')).toContain('I1: dev-2-a is told a value that is not held');
    expect(world.problems().join('\n')).toContain('I1: dev-2-a accepts value-1, which is not held');
  });

  test('sees what is let go although a device accepts it', async () => {
    await stage();
    await change();
    await logIn(next);
    await promote();
    const { content, revision } = await world.documents.read('relock', path, callContext());
    const document = JSON.parse(content?.fields.reveal('relock_document') ?? '');
    const forgotten = contentFromJson({ relock_document: JSON.stringify({ ...document, held: {} }) });
    await world.documents.write('relock', path, forgotten, revision, callContext());
    expect(world.problems()).toEqual([
      'acme/svc-2: I1: dev-2-a accepts old, which is not held (what relock keeps was written)',
    ]);
  });

  test('sees readers given what no login has proven', async () => {
    await stage();
    await change();
    await promote();
    expect(world.problems()).toEqual(['acme/svc-2: I2: readers get what no login has proven']);
  });

  test('sees what readers get retired', async () => {
    await stage();
    await change();
    await logIn(next);
    await retire(await old());
    expect(world.problems()).toEqual(['acme/svc-2: I4: dev-2-a is told to retire what readers get']);
  });

  test('sees a record that is gone without an end', async () => {
    const { content, revision } = await world.documents.read('relock', path, callContext());
    const document = JSON.parse(content?.fields.reveal('relock_document') ?? '');
    const gone = contentFromJson({ relock_document: JSON.stringify({ ...document, record: null }) });
    await world.documents.write('relock', path, gone, revision, callContext());
    expect(world.problems()).toEqual(['acme/svc-2: I6: a record that was open is gone, and its rotation has no end']);
  });
});
