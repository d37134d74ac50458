import { describe, expect, it } from 'vitest';
import { planLines } from '../../src/cli/rotation/planLines.js';
import { plainIds } from '../../src/model/workflowIds.js';
import { planRotation } from '../../src/planning/planRotation.js';
import { readText, rightLines } from './estateFile.js';

const id = 'itron/sftp';

function withKey(more: string) {
  const line = `  - { id: ${id}, vendor: itron, kind: ssh-key, account: itron-sftp, targets: [host-1], copies: ["primary:${id}"]${more} }`;
  return readText([...rightLines, line, ''].join('\n'));
}

function planned(more: string) {
  const loaded = withKey(more);
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const entry = loaded.estate.credentials.get(id);
  if (entry === undefined) throw new RangeError('it is not there');
  const { plan } = planRotation(loaded.estate, entry, 'restore', plainIds);
  return { plan, entry, first: planLines({ plan, policy: 'restore', token: 'a'.repeat(64) })[0] };
}

describe('T5 the kind of a new key', () => {
  it('is that of the present one unless keyType says otherwise, and the plan says which', () => {
    expect(planned('').first).toBe(
      'itron/sftp: a new ssh-key (of the kind of the present one) for account itron-sftp, made by relock',
    );
    const { first, plan } = planned(', keyType: rsa-4096');
    expect(first).toBe('itron/sftp: a new ssh-key (rsa-4096) for account itron-sftp, made by relock');
    expect(plan.keyType).toBe('rsa-4096');
  });

  it('changes the digest of what was planned', () => {
    expect(planned(', keyType: rsa-4096').entry.descriptorDigest).not.toBe(planned('').entry.descriptorDigest);
  });

  it.each([
    [', keyType: rsa-2048', 'keyType'],
    [', keyType: dsa', 'keyType'],
  ])('%s is refused', (more, text) => {
    const loaded = withKey(more);
    if (!('problems' in loaded)) throw new Error('it was taken');
    expect(loaded.problems.map(({ message }) => message)).toEqual([expect.stringContaining(text)]);
  });

  it('means nothing for a password', () => {
    const lines = rightLines.map((line) => line.replace('kind: password,', 'kind: password, keyType: ed25519,'));
    const loaded = readText(lines.join('\n'));
    if (!('problems' in loaded)) throw new Error('it was taken');
    expect(loaded.problems[0]?.message).toContain('keyType says the kind of an ssh-key, and it is a password');
  });
});
