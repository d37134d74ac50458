import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { createApi } from '../../src/vaults/aws-secrets-manager/driver.js';
import type { SecretsApi } from '../../src/vaults/aws-secrets-manager/secretsApi.js';
import { awsSettings } from '../../src/vaults/aws-secrets-manager/settings.js';

export const region = 'us-east-1';
const keys = { accessKeyId: 'test', secretAccessKey: 'test' };
const fields = z.record(z.string(), z.unknown());

/** A person's and a reader's own client, with none of relock's code. */
export function clientAt(endpoint: string, credentials = keys): SecretsManagerClient {
  return new SecretsManagerClient({ region, endpoint, credentials });
}

export function apiAt(endpoint: string, credentials = keys, changes: object = {}): SecretsApi {
  const settings = { region, endpoint, accessKeyIdEnv: 'ID', secretAccessKeyEnv: 'KEY', ...changes };
  const environment = { ID: credentials.accessKeyId, KEY: credentials.secretAccessKey };
  return createApi(awsSettings.parse(settings), { now: Date.now, baseDirectory: '.', environment });
}

export async function personWrites(
  client: SecretsManagerClient,
  name: string,
  content: Readonly<Record<string, unknown>>,
): Promise<void> {
  const SecretString = JSON.stringify(content);
  try {
    await client.send(new CreateSecretCommand({ Name: name, SecretString }));
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error;
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
  }
}

export async function readerSees(client: SecretsManagerClient, name: string) {
  try {
    // The label is AWS's default; moto without it gives the version that was put last.
    const { SecretString = '' } = await client.send(
      new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSCURRENT' }),
    );
    return fields.parse(JSON.parse(SecretString));
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  }
}
