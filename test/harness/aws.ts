import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { findProgram } from '../../src/servers/findServer.js';
import { freePort } from '../../src/servers/freePort.js';
import { runTool } from '../../src/servers/runTool.js';
import { spawnServer } from '../../src/servers/spawnServer.js';
import { untilReady } from '../../src/servers/untilReady.js';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { say } from './say.js';

export type AwsEmulator = 'moto' | 'ministack';

export interface TestAws {
  /** `http://127.0.0.1:port`: every AWS API that the emulator has. */
  readonly endpoint: string;
  /** Of the emulator's own process group. */
  readonly pid: number;
  stop(): Promise<void>;
}

interface Start {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly health: string;
}

/** Nothing of the machine's own AWS configuration reaches them. */
const start: Readonly<Record<AwsEmulator, (port: number, folder: string) => Start>> = {
  moto: (port) => ({ args: ['-H', '127.0.0.1', '-p', `${port}`], env: {}, health: '/moto-api/data.json' }),
  ministack: (port, folder) => ({
    args: [],
    env: {
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: `${port}`,
      AUTH: 'true',
      TMPDIR: folder,
      SERVICES: 'secretsmanager,iam,sts',
    },
    health: '/_ministack/health',
  }),
};

/** A fresh emulator of the AWS API, which dies with this process. `env` is added to its environment. */
export async function startAws(kind: AwsEmulator, env: Readonly<Record<string, string>> = {}): Promise<TestAws> {
  const command = await findProgram(kind, say);
  const folder = await mkdtemp(join(tmpdir(), `relock-${kind}-`));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const { args, health, env: own } = start[kind](port, folder);
  const logFile = join(folder, 'server.log');
  const environment = { PATH: process.env.PATH, HOME: folder, ...own, ...env };
  const server = await spawnServer({ command, args, env: environment, logFile });
  const what = `${kind} at ${endpoint}`;
  await untilReady(
    { what, server, logFile },
    waitUntil(() => answers(`${endpoint}${health}`), { what, timeoutMs: 60_000 }),
  );
  return {
    endpoint,
    pid: server.pid,
    stop: async () => {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<true | undefined> {
  const { ok } = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  return ok || undefined;
}

/** A user of its own with exactly that policy, made by AWS's own Python SDK, which moto brings along. */
export async function makeAwsUser(
  endpoint: string,
  policy: string,
): Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }> {
  const site = join(dirname(await findProgram('moto', say)), 'site');
  const env = { PATH: process.env.PATH, PYTHONPATH: site, PYTHONSAFEPATH: '1', AWS_EC2_METADATA_DISABLED: 'true' };
  const stdout = await runTool('python3', ['-c', makeUserScript, endpoint, policy], { timeoutMs: 30_000, env });
  return z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }).parse(JSON.parse(stdout));
}

const makeUserScript = `
import boto3, json, sys, uuid
endpoint, policy = sys.argv[1:]
iam = boto3.client('iam', endpoint_url=endpoint, region_name='us-east-1', aws_access_key_id='test', aws_secret_access_key='test')
name = str(uuid.uuid4())
iam.create_user(UserName=name)
iam.put_user_policy(UserName=name, PolicyName='only', PolicyDocument=policy)
key = iam.create_access_key(UserName=name)['AccessKey']
print(json.dumps({'accessKeyId': key['AccessKeyId'], 'secretAccessKey': key['SecretAccessKey']}))
`;
