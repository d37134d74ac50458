import { Secret } from '../../../src/secret/secret.js';
import { generateSshKey } from '../../../src/secret/sshKey.js';
import type { TargetHarness } from '../../contract/targetDriver.harness.js';
import { tryLogin } from '../../harness/sshLogin.js';
import { openStockSession } from '../../harness/sshSession.js';
import { commonHarness, type LinuxBench } from './linuxHarness.js';

export function freshKey(comment = 'itron/sftp-key'): Secret {
  return generateSshKey(comment);
}

export function publicLine(secret: Secret): string {
  return secret.reveal('public_key');
}

const outcomes = { accepted: 'in', refused: 'refused', unknown: 'unknown' } as const;

export function keyHarness(bench: LinuxBench, by: 'management' | 'self', shell = '/bin/bash'): TargetHarness {
  const { host, management } = bench;
  const account = 'itron-sftp';
  const common = commonHarness(bench, 'ssh-key', account);
  return {
    ...common,
    publicFields: ['public_key'],
    reset: async () => {
      const secret = freshKey();
      await host.run(`rm -rf /etc/relock; userdel -rf ${account}`);
      await host.addUser({
        name: account,
        shell,
        authorizedKeys: ['# kept', `no-agent-forwarding ${publicLine(secret)}`],
      });
      return secret;
    },
    via: (current) => (by === 'management' ? management : { as: 'self', account, secret: current }),
    makeSecret: freshKey,
    independentLogin: async (secret) => {
      const privateKey = secret.reveal('private_key');
      return outcomes[await tryLogin({ address: host.address, user: account, privateKey })];
    },
    refusedSecret: Secret.of({ private_key: 'no key at all', public_key: 'ssh-ed25519 AAAA' }),
    openSession: (secret) =>
      openStockSession({ address: host.address, user: account, privateKey: secret.reveal('private_key') }),
  };
}
