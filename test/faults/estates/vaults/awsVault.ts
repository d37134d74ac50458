import { type AwsEmulator, startAws, type TestAws } from '../../../harness/aws.js';
import { region, secretsManager } from '../../tools/secretsManager.js';
import { mishaps } from '../mishaps.js';
import type { StartVault } from './stockVault.js';

/** AWS Secrets Manager by an emulator of the estate's own, seen with boto3. */
export function awsVault(emulator: AwsEmulator): StartVault {
  return async ({ id, through }) => {
    const aws = await startAws(emulator);
    const secrets = await secretsManager(aws.endpoint);
    const { hostname: host, port } = new URL(aws.endpoint);
    const address = await through({ id, speaks: 'http', host, port: Number(port) });
    const variables = { accessKeyIdEnv: 'RELOCK_FAULTS_AWS_ID', secretAccessKeyEnv: 'RELOCK_FAULTS_AWS_KEY' };
    return {
      settings: { driver: 'aws-secrets-manager', region, endpoint: `http://${address}`, ...variables },
      environment: { [variables.accessKeyIdEnv]: 'test', [variables.secretAccessKeyEnv]: 'test' },
      plant: async (path, fields) => {
        await secrets.remove(`relock/${path}`);
        await secrets.remove(path);
        if (fields !== null) await secrets.write(path, fields);
      },
      read: secrets.read,
      readOwn: (path) => secrets.read(`relock/${path}`),
      write: secrets.write,
      ...mishaps({ [`freeze ${id}`]: () => freeze(aws) }),
      stop: async () => {
        await secrets.stop();
        await aws.stop();
      },
    };
  };
}

/** It takes connections and says nothing; what was asked of it in the meantime, it does when it goes on. */
async function freeze({ pid }: TestAws): Promise<() => Promise<void>> {
  process.kill(-pid, 'SIGSTOP');
  return async () => {
    process.kill(-pid, 'SIGCONT');
  };
}
