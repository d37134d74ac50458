import { afterAll, beforeAll, describe } from 'vitest';
import { describeTargetDriver } from '../../contract/targetDriver.suite.js';
import {
  kindOf,
  type LinuxBench,
  type Management,
  passwordHarness,
  settingsOf,
  startLinuxBench,
} from './linuxHarness.js';

const rules = 'retry=3 minlen=12 dictcheck=0 enforce_for_root';

const variants: readonly { name: string; dropbear: boolean; management: Management; by: 'management' | 'self' }[] = [
  { name: 'OpenSSH with PAM, root', dropbear: false, management: 'root', by: 'management' },
  { name: 'OpenSSH with PAM, sudo', dropbear: false, management: 'sudo', by: 'management' },
  { name: 'OpenSSH with PAM, sudo with password', dropbear: false, management: 'sudo with password', by: 'management' },
  { name: 'OpenSSH with PAM, self-change', dropbear: false, management: 'root', by: 'self' },
  { name: 'dropbear, root', dropbear: true, management: 'root', by: 'management' },
  { name: 'dropbear, self-change', dropbear: true, management: 'root', by: 'self' },
];

describe.each(variants)('linux × password: $name', ({ name, dropbear, management, by }) => {
  let bench: LinuxBench;
  beforeAll(async () => {
    bench = await startLinuxBench({ dropbear, management, pwquality: rules });
  });
  afterAll(() => bench?.stop());
  const settings = settingsOf({ server: dropbear ? 'dropbear' : 'openssh' });
  describeTargetDriver(name, kindOf('password').capabilities(settings), () => passwordHarness(bench, by));
});
