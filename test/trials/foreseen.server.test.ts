import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Reason } from '../../src/model/endStates.js';
import type { FailurePolicy } from '../../src/model/policy.js';
import { freePort } from '../../src/servers/freePort.js';
import { type SshHost, startSshHost } from '../harness/sshHost.js';
import { type HostTrial, hostTrial, rootPassword } from './hostTrial.js';
import { credential, type Foreseer, type Trial } from './trial.js';

const account = 'itron-svc';
const old = '0ld-Secret.of-the_vendor';

let host: SshHost;
beforeAll(async () => {
  host = await startSshHost();
  await host.setPassword('root', rootPassword);
  await host.addUser({ name: 'relock', password: rootPassword });
});
afterAll(() => host?.stop());

interface Situation {
  readonly named: string;
  readonly reason: Reason;
  readonly policy?: FailurePolicy;
  readonly settings?: { readonly hostKey?: string; readonly manager?: string };
  readonly options?: () => Promise<Partial<HostTrial>>;
  /** What is wrong, done after all was made well. */
  readonly spoil?: (trial: Trial) => Promise<unknown>;
  readonly mend?: () => Promise<unknown>;
  readonly foreseenBy?: readonly Foreseer[];
}

async function trialWith({ settings = {}, options }: Situation): Promise<Trial> {
  await host.run(`userdel -rf ${account}`);
  await host.addUser({ name: account, password: old });
  const { hostKey = host.hostKey, manager = 'root' } = settings;
  const timing =
    'effectMs: 6000, probeAgainMs: 200, settleDeadlineMs: 4000, stragglerMs: 1000, callMs: 5000, probeMs: 4000';
  const where = { address: host.address, hostKey };
  const secret = { password: old };
  return hostTrial(where, { kind: 'password', account, secret, manager, timing, ...(await options?.()) });
}

/** In a vault at an address where nobody listens. */
async function copiesWithDead(...copies: readonly string[]): Promise<Partial<HostTrial>> {
  const address = `http://127.0.0.1:${await freePort()}`;
  return {
    vaults: [`second: { driver: openbao, address: "${address}", mount: kv, auth: { method: token, tokenEnv: TRIAL } }`],
    copies: JSON.stringify(copies.map((vault) => `${vault}:${credential}`)),
  };
}

const situations: readonly Situation[] = [
  {
    named: 'nobody listens there',
    reason: 'unreachable',
    spoil: () => host.stopDaemon(),
    mend: () => host.startDaemon(),
  },
  {
    named: 'another host key',
    reason: 'misconfigured',
    settings: { hostKey: `SHA256:${'A'.repeat(43)}` },
  },
  {
    named: 'a wrong management password',
    reason: 'unauthorized',
    policy: 'restore',
    spoil: ({ mount }) => mount.personWrites('mgmt/headend', { password: 'wr0ng-Secret' }),
  },
  { named: 'a management login that may not use sudo', reason: 'unauthorized', settings: { manager: 'relock' } },
  {
    named: 'no management secret',
    reason: 'misconfigured',
    spoil: ({ mount }) => mount.api('DELETE', `${mount.mount}/metadata/mgmt/headend`),
  },
  { named: 'no such account', reason: 'misconfigured', spoil: () => host.exec(`userdel -rf ${account}`) },
  {
    named: 'no chpasswd',
    reason: 'unsupported',
    spoil: () => host.exec('mount --bind /dev/null /usr/sbin/chpasswd'),
    mend: () => host.exec('umount /usr/sbin/chpasswd'),
  },
  {
    named: 'the vault of another copy is down',
    reason: 'copyUnavailable',
    policy: 'restore',
    options: () => copiesWithDead('primary', 'second'),
  },
  {
    named: 'the primary vault is down',
    reason: 'vaultUnavailable',
    options: () => copiesWithDead('second'),
  },
  { named: 'a locked password', reason: 'barred', spoil: () => host.exec(`usermod -L ${account}`) },
  {
    named: 'readers get nothing',
    reason: 'noOldValue',
    spoil: ({ mount }) => mount.api('DELETE', `${mount.mount}/data/${credential}`),
  },
  {
    // A wrong password costs a refused login, which `check` never spends.
    named: 'the vault has another password than the account',
    reason: 'drift',
    policy: 'restore',
    spoil: ({ mount }) => mount.personWrites(credential, { username: account, password: 'an0ther-Secret' }),
    foreseenBy: ['dry run'],
  },
];

const [decided, another] = ['a decision of people or of another rotation', 'a rotation that has begun ends otherwise'];

/** Of every reason for `untouched`: that it is foreseen, or why nobody can know it without an effect. */
const foresight: Readonly<Record<Reason, true | string>> = {
  unreachable: true,
  noOldValue: true,
  drift: true,
  barred: true,
  unauthorized: true,
  copyUnavailable: true,
  vaultUnavailable: true,
  misconfigured: true,
  unsupported: true,
  refused: 'by trials of keys, hosts and roles where it can be seen; rules of passwords are known to the target alone',
  notTaken: 'a target says yes and does nothing: only doing it shows that',
  silent: 'no answer to a change that was sent',
  confirmFailed: 'saving fails when it is tried',
  budget: 'counts refusals of this very rotation',
  lockout: 'counts refusals of this very rotation',
  bug: 'what is known is mended',
  superseded: decided,
  cancelled: decided,
  held: decided,
  spent: decided,
  vendor: decided,
  suspended: decided,
  adopted: another,
  promoteShare: another,
  straggler: another,
  propagating: another,
  vacuous: another,
  consumers: another,
  sessions: another,
  stillUsed: another,
};

test('every reason is foreseen, or it is said why not', () => {
  const foreseen = Object.entries(foresight).flatMap(([reason, seen]) => (seen === true ? [reason] : []));
  expect(new Set(situations.map(({ reason }) => reason))).toEqual(new Set(foreseen));
});

describe('what ends untouched is foreseen in the same words', { timeout: 120_000 }, () => {
  test.each(situations)('$named', async (situation) => {
    const trial = await trialWith(situation);
    await situation.spoil?.(trial);
    onTestFinished(async () => void (await situation.mend?.()));
    const ended = await trial.rotate(situation.policy, situation.foreseenBy);
    expect(ended).toMatchObject({ end: `untouched(${situation.reason})`, exposed: true });
    expect(ended.causes.length).toBeGreaterThan(0);
  });
});
