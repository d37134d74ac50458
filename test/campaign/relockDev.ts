import { join } from 'node:path';
import { freePort } from '../../src/servers/freePort.js';
import { type RelockProcess, startRelock } from './relockProcess.js';

/** `relock dev` as a person starts it, to be killed and started again on the same data. */
export interface RelockDev {
  readonly environment: Readonly<Record<string, string>>;
  readonly uiAddress: string;
  /** Everything that it wrote to stdout and stderr, over all its starts. */
  output(): string;
  /** To relock alone; a stopped relock's Temporal server works on. */
  send(signal: NodeJS.Signals): void;
  /** SIGKILL to relock; Temporal's server goes with it. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function relockDev(
  folder: string,
  environment: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): Promise<RelockDev> {
  const [port, uiPort] = [await freePort(), await freePort()];
  const own = { ...environment, TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
  const args = ['dev', '--port', String(port), '--ui-port', String(uiPort), '--data', join(folder, 'data'), ...options];
  const begin = () => startRelock(folder, args, own, 'ready;');
  const started: RelockProcess[] = [];
  let running = await begin();
  started.push(running);
  return {
    environment: own,
    uiAddress: `http://127.0.0.1:${uiPort}`,
    output: () => started.map((each) => each.output()).join('\n'),
    send: (signal) => running.send(signal),
    kill: () => running.kill(),
    stop: () => running.stop(),
    start: async () => {
      running = await begin();
      started.push(running);
    },
  };
}
