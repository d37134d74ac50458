import { expect, it } from 'vitest';
import { pin, readText } from './estateFile.js';

const hosts = 1000;

function largeEstate(credentials: number): string {
  const management = (host: number) => `management: { account: root, secret: "primary:mgmt/${host}" }`;
  const targets = Array.from(
    { length: hosts },
    (_, host) => `  host-${host}: { type: linux, address: "h${host}:22", hostKey: "${pin}", ${management(host)} }`,
  );
  const entries = Array.from(
    { length: credentials },
    (_, index) =>
      `  - { id: itron/acc-${index}, vendor: itron, kind: password, account: acc-${index}, targets: [host-${index % hosts}],\n      copies: ["primary:itron/acc-${index}"], everyDays: 30, owner: ot-ops }`,
  );
  return [
    'vaults:',
    '  primary: { driver: openbao, address: "http://127.0.0.1:8200", auth: { method: token, tokenEnv: VAULT_TOKEN } }',
    'artifacts: { driver: folder, path: ./evidence }',
    'targets:',
    ...targets,
    'credentials:',
    ...entries,
  ].join('\n');
}

it('100,000 credentials are read in bounded time, each with its own line', () => {
  const before = process.cpuUsage();
  const loaded = readText(largeEstate(100_000));
  // Processor time, so that whatever else this machine does is not counted.
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems.slice(0, 3)));
  expect(loaded.estate.credentials.size).toBe(100_000);
  expect(loaded.estate.credentials.get('itron/acc-99999')?.provenance).toBe(
    `relock.yaml:${4 + hosts + 1 + 2 * 99_999 + 1}`,
  );
  console.log(`100,000 credentials: ${seconds.toFixed(1)} s of processor time`);
  expect(seconds).toBeLessThan(15);
}, 60_000);
