import type { OpenBao } from '../../harness/openBao.js';

/** What can happen to an OpenBao, whether it is a vault or a target. */
export function openBaoMishaps(bao: OpenBao, id: string) {
  return {
    [`seal ${id}`]: async () => {
      await bao.seal();
      return bao.unseal;
    },
    [`stop ${id}`]: async () => {
      await bao.stopProcess();
      return bao.startProcess;
    },
    [`reboot ${id}`]: async () => {
      await bao.stopProcess();
      await bao.startProcess();
      return async () => undefined;
    },
  };
}
