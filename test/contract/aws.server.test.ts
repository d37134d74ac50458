import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/secret/secret.js';
import { SecretDocuments } from '../../src/vaults/aws-secrets-manager/secretDocuments.js';
import { type AwsEmulator, startAws, type TestAws } from '../harness/aws.js';
import { apiAt, clientAt, personWrites, readerSees } from './aws.harness.js';
import { callContext, freshPath } from './vaultBackend.harness.js';
import { describeVaultBackend } from './vaultBackend.suite.js';

describe.each<AwsEmulator>(['moto', 'ministack'])('AWS Secrets Manager by %s', (kind) => {
  let aws: TestAws;
  beforeAll(async () => {
    aws = await startAws(kind);
  });
  afterAll(() => aws?.stop());

  const store = () => new SecretDocuments(apiAt(aws.endpoint));

  describeVaultBackend(`AWS Secrets Manager by ${kind}`, () => {
    const client = clientAt(aws.endpoint);
    return {
      store,
      personWrites: (path, content) => personWrites(client, path, content),
      readerSees: (path) => readerSees(client, path),
      refusesName: (path) => !/^[A-Za-z0-9/_+=.@-]+$/.test(path),
    };
  });

  test.each([
    ['that is not there yet', null],
    ['that is there', { count: '0' }],
  ])('writers who race for a document %s: each write that is reported is there, and no other', async (_, first) => {
    const path = freshPath();
    if (first !== null) await personWrites(clientAt(aws.endpoint), path, first);
    const writers = Array.from({ length: 5 }, async () => {
      const documents = store();
      for (let attempts = 1; attempts <= 50; attempts += 1) {
        const { content, revision } = await documents.read('readers', path, callContext());
        const count = content === null ? 0 : Number(content.fields.reveal('count'));
        const next = { fields: Secret.of({ count: `${count + 1}` }), rest: null };
        if ((await documents.write('readers', path, next, revision, callContext())) === 'written') return attempts;
      }
      throw new Error('50 attempts were not enough');
    });
    const attempts = await Promise.all(writers);
    expect(attempts.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(writers.length);
    expect(await readerSees(clientAt(aws.endpoint), path)).toEqual({ count: `${writers.length}` });
  });
});
