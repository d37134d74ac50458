import { describe, expect, it } from 'vitest';
import { brokenRules } from './importRules.js';
import { importsOf, reachableFrom, sourceFiles } from './sources.js';

const files = sourceFiles();

it('src/ keeps the import rules', () => {
  expect(files.length).toBeGreaterThan(10);
  expect(brokenRules(files.flatMap(importsOf))).toEqual([]);
});

/** What decides about a run under faults must not err where relock errs. */
it('the checker of the fault campaign shares no code with what it judges', () => {
  const judged = /^src\/(targets|vaults|ledger|transport|recover|protocol|activities|secret)\//;
  const reached = [...reachableFrom(['test/faults/estates', 'test/faults/tools'])];
  expect(reached).toContain('test/harness/sshLogin.ts');
  expect(reached.filter((path) => judged.test(path))).toEqual([]);
});

describe('the rules', () => {
  const breaks = (from: string, to: string, typeOnly = false) => brokenRules([{ from, to, typeOnly }]).length > 0;

  it.each([
    ['model/time.ts', 'node:crypto'],
    ['protocol/next.ts', 'zod'],
    ['protocol/next.ts', '@noble/curves/ed25519.js'],
    ['approval/signed.ts', 'node:crypto'],
    ['protocol/next.ts', 'secret/secret.ts'],
    ['workflows/rotate.ts', 'secret/secret.ts'],
    ['workflows/rotate.ts', 'activities/create.ts'],
    ['workflows/rotate.ts', '@temporalio/client'],
    ['targets/linux/driver.ts', 'targets/frr/driver.ts'],
    ['targets/linux/driver.ts', 'ledger/record.ts'],
    ['targets/linux/driver.ts', '@temporalio/activity'],
    ['targets/linux/driver.ts', 'ssh2'],
    ['vaults/openbao/backend.ts', 'config/estate.ts'],
    ['activities/create.ts', 'targets/linux/driver.ts'],
    ['cli/main.ts', 'ssh2'],
  ])('forbid %s → %s', (from, to) => {
    expect(breaks(from, to)).toBe(true);
  });

  it.each([
    ['protocol/next.ts', 'model/time.ts'],
    ['workflows/rotate.ts', '@temporalio/workflow'],
    ['workflows/rotate.ts', 'approval/signed.ts'],
    ['approval/signed.ts', '@noble/curves/ed25519.js'],
    ['targets/linux/driver.ts', 'targets/linux/dialogue.ts'],
    ['targets/linux/driver.ts', 'node:crypto'],
    ['vaults/openbao/backend.ts', 'ledger/record.ts'],
    ['transport/ssh/connection.ts', 'ssh2'],
    ['cli/main.ts', 'targets/linux/driver.ts'],
  ])('allow %s → %s', (from, to) => {
    expect(breaks(from, to)).toBe(false);
  });

  it('let workflows import types of activities only', () => {
    expect(breaks('workflows/rotate.ts', 'activities/create.ts', true)).toBe(false);
  });

  it("give a vendor's package one importing folder", () => {
    const by = (from: string) => ({ from, to: 'node-vault', typeOnly: false });
    expect(brokenRules([by('transport/vault/client.ts'), by('transport/vault/errors.ts')])).toEqual([]);
    expect(brokenRules([by('transport/vault/client.ts'), by('vaults/openbao/backend.ts')])).toHaveLength(1);
  });
});
