import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { findProgram } from '../../../src/servers/findServer.js';
import { say } from '../../harness/say.js';
import type { Fields } from '../estate.js';

/** AWS Secrets Manager through AWS's own Python SDK, in one process for all calls: it takes a second to start. */
export interface SecretsManager {
  read(name: string): Promise<Fields | null>;
  write(name: string, fields: Fields): Promise<void>;
  /** Gone at once, as if it had never been. */
  remove(name: string): Promise<void>;
  stop(): Promise<void>;
}

export const region = 'us-east-1';

const script = `
import boto3, json, sys
from botocore.config import Config
once = Config(connect_timeout=5, read_timeout=5, retries={'total_max_attempts': 1})
client = boto3.client('secretsmanager', endpoint_url=sys.argv[1], region_name=sys.argv[2],
                      aws_access_key_id='test', aws_secret_access_key='test', config=once)
absent = client.exceptions.ResourceNotFoundException

def read(name):
    try:
        return json.loads(client.get_secret_value(SecretId=name, VersionStage='AWSCURRENT')['SecretString'])
    except absent:
        return None

def write(name, fields):
    try:
        client.put_secret_value(SecretId=name, SecretString=json.dumps(fields))
    except absent:
        client.create_secret(Name=name, SecretString=json.dumps(fields))

def remove(name):
    try:
        client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    except absent:
        pass

for line in sys.stdin:
    verb, *arguments = json.loads(line)
    try:
        print(json.dumps({'result': {'read': read, 'write': write, 'remove': remove}[verb](*arguments)}), flush=True)
    except Exception as error:
        print(json.dumps({'error': str(error)}), flush=True)
`;

const answerSchema = z.union([
  z.object({ result: z.record(z.string(), z.string()).nullable() }),
  z.object({ error: z.string() }),
]);

export async function secretsManager(endpoint: string): Promise<SecretsManager> {
  const site = join(dirname(await findProgram('moto', say)), 'site');
  const python = ['python3', '-c', script, endpoint, region];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...python], {
    env: { PATH: process.env.PATH, PYTHONPATH: site, PYTHONSAFEPATH: '1', AWS_EC2_METADATA_DISABLED: 'true' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ask = askerOf(child);
  return {
    read: (name) => ask('read', name),
    write: async (name, fields) => void (await ask('write', name, fields)),
    remove: async (name) => void (await ask('remove', name)),
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** One question at a time, each answered by one line. */
function askerOf(child: ChildProcess) {
  if (child.stdin === null || child.stdout === null) throw new Error('python3 has no standard input and output');
  const { stdin, stdout } = child;
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  let turn: Promise<unknown> = Promise.resolve();
  const askNow = async (question: readonly unknown[]): Promise<Fields | null> => {
    stdin.write(`${JSON.stringify(question)}\n`);
    const { done, value } = await lines.next();
    if (done === true) throw new Error('the process that asks AWS has ended');
    const answer = answerSchema.parse(JSON.parse(value));
    if ('error' in answer) throw new Error(answer.error);
    return answer.result;
  };
  return (...question: readonly unknown[]): Promise<Fields | null> => {
    const answer = turn.then(() => askNow(question));
    turn = answer.catch(() => undefined);
    return answer;
  };
}
