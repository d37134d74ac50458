import type { TargetDriver } from '../../../src/contracts/targetDriver.js';
import type { Capabilities } from '../../../src/model/capabilities.js';
import { Secret } from '../../../src/secret/secret.js';
import { type MemoryDevice, MemoryFleet } from '../../../src/targets/memory/fleet.js';
import type { TargetHarness } from '../../contract/targetDriver.harness.js';

const plain: Capabilities = {
  overlap: false,
  makers: ['generated', 'supplied'],
  selfChange: true,
  managementChange: false,
  oldDies: 'now',
  undo: 'capture',
  secretPolicy: {
    minLength: 4,
    maxLength: 40,
    significantLength: 40,
    alphabet: 'abcdefghijklmnopqrstuvwxyz0123456789-',
  },
  settleMs: 0,
  silenceIsRefusal: false,
  lockoutThreshold: null,
  confirms: false,
  timedCommitMs: null,
  endsSessions: true,
  suspends: true,
  enumerates: false,
};

const overlapping = { overlap: true, oldDies: 'onRetire', undo: 'retire', enumerates: true } as const;

/** One simulated device of each kind that the contract tells apart. */
export const variants: readonly { name: string; by: 'management' | 'self'; capabilities: Capabilities }[] = [
  { name: 'single slot', by: 'management', capabilities: plain },
  { name: 'single slot, self-change', by: 'self', capabilities: { ...plain, undo: 'change' } },
  { name: 'single slot, forward only', by: 'management', capabilities: { ...plain, undo: 'none' } },
  { name: 'overlap', by: 'management', capabilities: { ...plain, ...overlapping } },
  { name: 'old dies after an hour', by: 'management', capabilities: { ...plain, oldDies: { afterMs: 3_600_000 } } },
  { name: 'old dies at the second change', by: 'management', capabilities: { ...plain, oldDies: 'afterSecondChange' } },
  {
    name: 'issued, two slots',
    by: 'management',
    capabilities: { ...plain, ...overlapping, makers: ['issued'], undo: 'retire', secretPolicy: null },
  },
  { name: 'confirm', by: 'management', capabilities: { ...plain, confirms: true } },
  { name: 'timed commit', by: 'management', capabilities: { ...plain, confirms: true, timedCommitMs: 600_000 } },
  { name: 'lock-out at 3', by: 'management', capabilities: { ...plain, lockoutThreshold: 3 } },
];

let made = 0;
function freshSecret(): Secret {
  made += 1;
  return Secret.of({ password: `memory-value-${made}-${'x'.repeat(8)}` });
}

/** A device as on the first day, and the driver that a suite is to try on it. */
export function harnessOf(
  capabilities: Capabilities,
  by: 'management' | 'self',
  driverOf: (device: MemoryDevice) => TargetDriver,
): TargetHarness {
  let skippedMs = 0;
  const account = 'svc';
  const management = { as: 'management', account: 'admin', secret: freshSecret() } as const;
  const refusedSecret = Secret.of({ password: 'refused-by-rule' });
  const device = new MemoryFleet(() => Date.now() + skippedMs).add('memory-1', {
    capabilities,
    fields: ['password'],
    management,
    refuses: (secret) => secret.equals(refusedSecret, ['password']),
  });
  return {
    driver: driverOf(device),
    account,
    reset: async () => {
      const secret = freshSecret();
      device.setAccount(account, [secret]);
      return secret;
    },
    via: (current) => (by === 'management' ? management : { as: 'self', account, secret: current }),
    management,
    makeSecret: freshSecret,
    independentLogin: async (secret) => (device.accepts(account, secret) ? 'in' : 'refused'),
    publicFields: [],
    down: async () => {
      device.reachable = false;
    },
    up: async () => {
      device.reachable = true;
    },
    silent: null,
    otherHostKey: null,
    refusedSecret,
    wrongVia: { ...management, secret: freshSecret() },
    missingAccount: 'nobody-here',
    openSession: async () => {
      const start = device.openSession(account);
      return { alive: async () => device.sessions(account).includes(start), close: async () => undefined };
    },
    powerCycle: async () => device.restart(),
    elapse: async (ms) => {
      skippedMs += ms;
    },
  };
}
