// Starts servers, says their addresses, and never ends: `parentDeath` kills it. With the argument `listener`, one bare
// listener (which needs nothing from PATH); else one server of each kind.
import { devNull } from 'node:os';
import { freePort } from '../../src/servers/freePort.js';
import { spawnServer } from '../../src/servers/spawnServer.js';
import { startAws } from '../harness/aws.js';
import { startFrr } from '../harness/frr.js';
import { startOpenBao } from '../harness/openBao.js';
import { startPostgres } from '../harness/postgres.js';
import { startTemporal } from '../harness/temporal.js';

const addresses = process.argv[2] === 'listener' ? await listener() : await oneOfEach();
process.stdout.write(`${JSON.stringify({ addresses })}\n`);
setInterval(() => undefined, 60_000);

async function listener(): Promise<string[]> {
  const port = await freePort();
  const script = `require('node:net').createServer().listen(${port}, '127.0.0.1')`;
  await spawnServer({ command: process.execPath, args: ['-e', script], logFile: devNull });
  return [`127.0.0.1:${port}`];
}

async function oneOfEach(): Promise<string[]> {
  const openBao = await startOpenBao();
  const temporal = await startTemporal();
  const login = { name: 'netadm', password: 'Ssh-login-1' };
  const router = await startFrr({ vtyPassword: 'Vty-one1', enablePassword: 'Ena-one1', login });
  const [postgres, moto, ministack] = await Promise.all([startPostgres(), startAws('moto'), startAws('ministack')]);
  const web = [openBao.address, moto.endpoint, ministack.endpoint].map((url) => url.replace('http://', ''));
  return [...web, temporal.address, router.host.address, router.vtyAddress, postgres.address];
}
