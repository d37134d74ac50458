import { createHash, randomUUID } from 'node:crypto';
import type { CallContext } from '../../src/contracts/context.js';
import type { DocumentStore } from '../../src/ledger/documentStore.js';
import { LedgerVault } from '../../src/ledger/ledgerVault.js';
import { DriverError } from '../../src/model/errors.js';
import type { Carrier, Opening } from '../../src/model/record.js';
import { Secret } from '../../src/secret/secret.js';

/** What the suite needs of a real vault, beside the driver itself. */
export interface VaultHarness {
  /** The driver's documents, as another process with the same configuration would make them. */
  store(): DocumentStore;
  /** What a person writes with their own tools; whole content, fields of any JSON type. */
  personWrites(path: string, content: Readonly<Record<string, unknown>>): Promise<void>;
  /** What a reader's own tool sees; null: nothing. */
  readerSees(path: string): Promise<Readonly<Record<string, unknown>> | null>;
  /** The vault cannot have that name, so the driver must refuse it. Absent: it can have every name. */
  refusesName?(path: string): boolean;
}

export const targets = ['headend-01', 'headend-02'] as const;

export function callContext(timeoutMs = 20_000): CallContext {
  return { signal: new AbortController().signal, deadline: Date.now() + timeoutMs };
}

export function vaultOver(store: DocumentStore): LedgerVault {
  return new LedgerVault(store, Date.now);
}

export function freshPath(): string {
  return `itron/${randomUUID()}`;
}

export function freshToken(): string {
  return createHash('sha256').update(randomUUID()).digest('hex');
}

/** As the head that everything is opened by, where a test does not say otherwise. */
export function by(token: string): Carrier {
  return { token, head: 'head-1' };
}

export function opening(changes: Partial<Opening> = {}): Opening {
  return {
    ...by(freshToken()),
    credential: 'itron/headend-svc',
    descriptorDigest: 'd'.repeat(64),
    policy: 'restore',
    maker: 'generated',
    ownedFields: ['password'],
    targets,
    at: 1_700_000_000_000,
    ...changes,
  };
}

export function password(value: string): Secret {
  return Secret.of({ password: value });
}

/** The first write to that place arrives, but its reply does not. */
export function losingReply(store: DocumentStore, place: 'readers' | 'relock'): DocumentStore {
  let lost = false;
  return {
    driver: store.driver,
    read: (...args) => store.read(...args),
    list: (...args) => store.list(...args),
    check: (...args) => store.check(...args),
    write: async (...args) => {
      const outcome = await store.write(...args);
      if (lost || args[0] !== place) return outcome;
      lost = true;
      throw new DriverError({
        code: 'Timeout',
        effect: 'unknown',
        driver: store.driver,
        subject: args[1],
        message: 'the reply was lost',
      });
    },
  };
}

/** Somebody acts right before the first write to readers. */
export function interrupted(store: DocumentStore, act: () => Promise<void>): DocumentStore {
  let done = false;
  return {
    driver: store.driver,
    read: (...args) => store.read(...args),
    list: (...args) => store.list(...args),
    check: (...args) => store.check(...args),
    write: async (...args) => {
      if (args[0] === 'readers' && !done) {
        done = true;
        await act();
      }
      return store.write(...args);
    },
  };
}
