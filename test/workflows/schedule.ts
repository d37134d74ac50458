import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { exitCodes } from '../../src/cli/exitCodes.js';
import { runCli } from '../../src/cli/run.js';
import { makeKeyFile, readKeyFile } from '../../src/codec/keyFile.js';

const pin = `SHA256:${'A'.repeat(43)}`;

/** A relock.yaml that asks for schedules, and relock over it. Nothing listens at its addresses. */
export function scheduleCli(temporal: { readonly address: string; readonly namespace: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'relock-schedule-'));
  const file = join(folder, 'relock.yaml');
  const keyFile = join(folder, 'codec.keys');
  makeKeyFile(keyFile, Date.now());
  const ring = readKeyFile(keyFile);
  if (ring === 'missing') throw new Error('the key ring that was just made is missing');
  const environment = {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    RELOCK_CODEC_KEY_FILE: keyFile,
  };
  return {
    /** Vendor and days of credentials. */
    asksFor(...groups: readonly (readonly [string, number | null])[]): void {
      writeFileSync(file, yamlOf(groups));
    },
    /** For those who must understand it. */
    ring,
    environment,
    yaml: () => readFileSync(file, 'utf8'),
    async run(...args: readonly string[]) {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const signal = new AbortController().signal;
      const line = ['--json', '--config', file, 'schedule', ...args];
      const outcome = await runCli({ args: line, stdout, stderr, environment, signal });
      const answer = JSON.parse(String(stdout.read() ?? 'null'));
      return { code: exitCodes[outcome].code, answer, said: String(stderr.read() ?? '') };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function yamlOf(groups: readonly (readonly [string, number | null])[]): string {
  return [
    'vaults: { primary: { driver: openbao, address: "http://127.0.0.1:1", auth: { method: token, tokenEnv: NONE } } }',
    'artifacts: { driver: folder, path: ./evidence }',
    `targets: { host-1: { type: linux, address: "127.0.0.1:1", hostKey: "${pin}" } }`,
    'credentials:',
    ...groups.map(([vendor, days], index) => {
      const every = days === null ? '' : `, everyDays: ${days}`;
      return `  - { id: ${vendor}/svc-${index}, vendor: ${vendor}, kind: ssh-key, account: svc${index}, targets: [host-1], copies: ["primary:${vendor}/svc-${index}"]${every} }`;
    }),
  ].join('\n');
}
