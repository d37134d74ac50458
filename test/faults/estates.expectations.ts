import { expect } from 'vitest';
import type { FaultEstate, Fields, KnownSecret } from './estate.js';

type Expectation = (estate: FaultEstate, event: string) => Promise<void>;

export function fieldsOf(secret: KnownSecret | null | undefined): Fields {
  return secret?.fields ?? {};
}

/** What must be seen of an event, by its name. It happens to the first target. */
export function expectationOf(event: string): Expectation {
  const found = byName.find(([pattern]) => pattern.test(event));
  if (found === undefined) throw new Error(`what is to be expected of "${event}"?`);
  return found[1];
}

async function happens({ events }: FaultEstate, name: string): Promise<KnownSecret | null> {
  const event = events[name];
  if (event === undefined) throw new Error(`there is no event "${name}"`);
  return event();
}

async function personDoes(estate: FaultEstate, name: string): Promise<KnownSecret> {
  const secret = await happens(estate, name);
  if (secret === null) throw new Error(`nobody set a secret by "${name}"`);
  return secret;
}

async function readersGet(estate: FaultEstate): Promise<Fields> {
  return fieldsOf((await estate.look()).copies[0]);
}

const targetIsDown: Expectation = async (estate, event) => {
  const old = await estate.reset();
  await happens(estate, event);
  expect(await estate.logIn('target', old), event).toBe('unknown');
  await estate.heal();
  expect(await estate.logIn('target', old), event).toBe('accepted');
};

const isUpAgain: Expectation = async (estate, event) => {
  const old = await estate.reset();
  await happens(estate, event);
  expect(await estate.logIn('target', old), event).toBe('accepted');
  expect(await readersGet(estate), event).toMatchObject(old.fields);
};

const vaultIsDown: Expectation = async (estate, event) => {
  const old = await estate.reset();
  await happens(estate, event);
  await expect(estate.look(), event).rejects.toThrow();
  await estate.heal();
  expect(await readersGet(estate), event).toMatchObject(old.fields);
};

/** Both logins, of the old secret and of the one that somebody has set since. */
async function oldAndNext(estate: FaultEstate, old: KnownSecret, next: KnownSecret) {
  return [await estate.logIn('target', old), await estate.logIn('target', next)];
}

const changesDoNothing: Expectation = async (estate, event) => {
  const old = await estate.reset();
  await happens(estate, event);
  const next = await personDoes(estate, 'person changes the target');
  expect(await oldAndNext(estate, old, next), event).toEqual(['accepted', 'refused']);
  await estate.heal();
  expect(await oldAndNext(estate, old, next), event).toEqual(['accepted', 'refused']);
};

const changesComeLate: Expectation = async (estate, event) => {
  const old = await estate.reset();
  await happens(estate, event);
  const started = Date.now();
  const next = await personDoes(estate, 'person changes the target');
  await estate.heal();
  expect(await oldAndNext(estate, old, next), event).toEqual(['refused', 'accepted']);
  expect(Date.now() - started, event).toBeGreaterThan(1000);
};

const changesAreNotSaved: Expectation = async (estate, event) => {
  const old = await estate.reset();
  await happens(estate, event);
  // By hand one may be told, and the change is made all the same.
  await happens(estate, 'person changes the target').catch(() => null);
  expect(await estate.logIn('target', old), event).toBe('refused');
  await estate.heal();
  await happens(estate, 'reboot target');
  expect(await estate.logIn('target', old), event).toBe('accepted');
};

const personSets: Expectation = async (estate, event) => {
  const old = await estate.reset();
  const next = await personDoes(estate, event);
  const onTarget = event.includes('target');
  expect(await oldAndNext(estate, old, next), event).toEqual(
    onTarget ? ['refused', 'accepted'] : ['accepted', 'refused'],
  );
  expect(await readersGet(estate), event).toMatchObject((event.includes('vault') ? next : old).fields);
};

const byName: readonly (readonly [RegExp, Expectation])[] = [
  [/^(stop|seal) target$/, targetIsDown],
  [/^reboot /, isUpAgain],
  [/^(stop|seal|freeze|unmount|take the key of) vault$/, vaultIsDown],
  [/does nothing$/, changesDoNothing],
  [/^target applies late/, changesComeLate],
  [/^target (refuses to save|answers ok and saves nothing)$/, changesAreNotSaved],
  [/^person /, personSets],
];
