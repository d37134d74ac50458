import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FrrRouter, startFrr, tryVty } from '../harness/frr.js';
import { tryLogin } from '../harness/sshLogin.js';

const login = { name: 'netadm', password: 'Ssh-login-1' };
let router: FrrRouter;

beforeAll(async () => {
  router = await startFrr({ vtyPassword: 'Vty-one1', enablePassword: 'Ena-one1', login });
});
afterAll(() => router?.stop());

const cli = (...commands: string[]) => {
  const words = commands.map((command) => `-c '${command}'`).join(' ');
  return router.host.run(`su ${login.name} -s /bin/bash -c "vtysh ${words}"`);
};
const vty = (password: string, enablePassword?: string) =>
  tryVty({ address: router.vtyAddress, password, ...(enablePassword !== undefined && { enablePassword }) });

it('lets the operator log in over SSH', async () => {
  const { address } = router.host;
  expect(await tryLogin({ address, user: login.name, password: login.password })).toBe('accepted');
  expect(await tryLogin({ address, user: login.name, password: 'wrong' })).toBe('refused');
});

it('enforces both passwords at the VTY', async () => {
  expect(await vty('Vty-one1')).toBe('accepted');
  expect(await vty('Vty-two2')).toBe('refused');
  expect(await vty('Vty-one1', 'Ena-one1')).toBe('accepted');
  expect(await vty('Vty-one1', 'Ena-two2')).toBe('refused');
});

it('forgets a change that was not saved, keeps one that was', async () => {
  await cli('configure terminal', 'password Vty-two2');
  expect(await vty('Vty-two2')).toBe('accepted');
  await router.restart();
  expect(await vty('Vty-two2')).toBe('refused');
  expect(await vty('Vty-one1')).toBe('accepted');

  const saved = await cli('configure terminal', 'password Vty-two2', 'end', 'write memory');
  expect(saved.stdout).toContain('[OK]');
  await router.restart();
  expect(await vty('Vty-two2')).toBe('accepted');
  expect(await vty('Vty-one1')).toBe('refused');
});

it('can refuse to save', async () => {
  await router.refuseSaves();
  const refused = await cli('write memory');
  expect(refused.stdout).toContain('% Configuration write failed.');
  await router.allowSaves();
  expect((await cli('write memory')).stdout).toContain('[OK]');
});
