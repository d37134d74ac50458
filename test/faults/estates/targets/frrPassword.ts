import { randomBytes, randomUUID } from 'node:crypto';
import { type FrrRouter, startFrr, tryVty } from '../../../harness/frr.js';
import { mishaps } from '../mishaps.js';
import type { StartTargets } from './stockTarget.js';

/** The VTY password of a router, changed over SSH, proved at its telnet VTY, and lost at a restart unless it is saved. */
export const startFrrPassword: StartTargets = async (through) => {
  const login = { name: 'admin', password: `Admin-${randomUUID()}` };
  const router = await startFrr({ vtyPassword: 'beforeAll', enablePassword: 'enab1ePw', login });
  const { host, vtyAddress } = router;
  const address = await through({ id: 'target', speaks: 'bytes', host: host.ip, port: host.port });
  const vty = { id: 'vty', speaks: 'bytes', host: host.ip, port: Number(vtyAddress.split(':')[1]) } as const;
  // Eight characters count.
  const fresh = async () => ({ password: randomBytes(4).toString('hex') });
  const setByHand = async () => {
    const fields = await fresh();
    await host.exec(`vtysh -c 'configure terminal' -c 'password ${fields.password}' -c end -c 'write memory'`);
    return fields;
  };
  return {
    kind: 'password',
    account: 'vty',
    settings: { target: { type: 'frr', address, hostKey: host.hostKey, probeAddress: await through(vty) } },
    management: { account: login.name, fields: { username: login.name, password: login.password } },
    loginFields: ['password'],
    fresh,
    plant: setByHand,
    change: setByHand,
    logIn: (_target, { password = '' }) => tryVty({ address: vtyAddress, password }),
    accepts: async () => null,
    ...mishaps(mishapsOf(router)),
    stop: router.stop,
  };
};

function mishapsOf(router: FrrRouter) {
  const { host } = router;
  // Every process of the host ends, as when the power fails.
  const halt = () => host.run('kill -KILL -1');
  const boot = async () => {
    await host.startDaemon();
    await router.restart();
  };
  return {
    'reboot target': async () => {
      await halt();
      await boot();
      return async () => undefined;
    },
    'stop target': async () => {
      await halt();
      return boot;
    },
    'target refuses to save': async () => {
      await router.refuseSaves();
      return router.allowSaves;
    },
    'target answers ok and saves nothing': () => fillTheDisk(router),
  };
}

/** `write memory` says [OK] on a full disk. */
async function fillTheDisk({ host }: FrrRouter): Promise<() => Promise<void>> {
  await host.exec(`
    cp /etc/frr/frr.conf /run/frr.conf.before
    mount -t tmpfs -o size=4k,mode=750,uid=$(id -u frr),gid=$(id -g frr) full /etc/frr
    touch /etc/frr/frr.conf && chown frr:frr /etc/frr/frr.conf && head -c 4096 /dev/zero > /etc/frr/filler`);
  return async () => {
    await host.exec('umount /etc/frr');
  };
}
