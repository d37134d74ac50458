import { afterAll, beforeAll, describe } from 'vitest';
import { describeTargetDriver } from '../../contract/targetDriver.suite.js';
import { keyHarness } from './keyHarness.js';
import { kindOf, type LinuxBench, type Management, settingsOf, startLinuxBench } from './linuxHarness.js';

const variants: readonly { name: string; dropbear: boolean; management: Management; by: 'management' | 'self' }[] = [
  { name: 'OpenSSH, root', dropbear: false, management: 'root', by: 'management' },
  { name: 'OpenSSH, sudo', dropbear: false, management: 'sudo', by: 'management' },
  { name: 'OpenSSH, the account itself', dropbear: false, management: 'root', by: 'self' },
  { name: 'dropbear, root', dropbear: true, management: 'root', by: 'management' },
];

describe.each(variants)('linux × ssh-key: $name', ({ name, dropbear, management, by }) => {
  let bench: LinuxBench;
  beforeAll(async () => {
    bench = await startLinuxBench({ dropbear, management });
  });
  afterAll(() => bench?.stop());
  const settings = settingsOf({ server: dropbear ? 'dropbear' : 'openssh' });
  describeTargetDriver(name, kindOf('ssh-key').capabilities(settings), () => keyHarness(bench, by));
});
