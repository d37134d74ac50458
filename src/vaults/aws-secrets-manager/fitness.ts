import type { DescribeSecretResponse } from '@aws-sdk/client-secrets-manager';
import pLimit from 'p-limit';
import type { CallContext } from '../../contracts/context.js';
import type { VaultFinding } from '../../contracts/vaultBackend.js';
import { DriverError } from '../../model/errors.js';
import { deleted } from './awsFailure.js';
import { nameOf } from './secretNames.js';
import { currentLabel, type SecretsApi } from './secretsApi.js';

const pathsAtOnce = 8;
const dayMs = 24 * 60 * 60 * 1000;
/** Of about 100 that AWS keeps for a day; a plain rotation writes seven, one with trouble some 30. */
const versionsADay = 60;

/** The version that readers get; null: the secret has no value. */
export function currentVersion(described: DescribeSecretResponse): string | null {
  return versionWith(described, currentLabel);
}

function versionWith({ VersionIdsToStages: versions }: DescribeSecretResponse, label: string): string | null {
  return Object.entries(versions ?? {}).find(([, labels]) => labels.includes(label))?.[0] ?? null;
}

/** Why relock must not begin to rotate this secret; null: nothing is in the way. */
export function obstacle(described: DescribeSecretResponse, region: string): string | null {
  if (described.DeletedDate !== undefined) return deleted;
  if (described.RotationEnabled === true) {
    return "AWS's own rotation is turned on for it, and two rotations would lock each other out. Turn one off: aws secretsmanager cancel-rotate-secret";
  }
  if (described.OwningService !== undefined) {
    return `it is managed by another AWS service, which changes it by itself. Take it out of relock.yaml`;
  }
  if (described.PrimaryRegion !== undefined && described.PrimaryRegion !== region) {
    return 'it is a replica, which cannot be written. Name its primary region in relock.yaml';
  }
  const pending = versionWith(described, 'AWSPENDING');
  if (pending !== null && pending !== currentVersion(described)) {
    return 'a rotation by AWS was left half-way: AWSPENDING is on another version than AWSCURRENT. Finish or cancel it';
  }
  return null;
}

/** Changes nothing. Rights to write cannot be asked for in AWS: they show when they are used. */
export async function checkSecrets(
  api: SecretsApi,
  paths: readonly string[],
  context: CallContext,
): Promise<readonly VaultFinding[]> {
  const limit = pLimit(pathsAtOnce);
  const each = await Promise.all(paths.map((path) => limit(() => checkPath(api, path, context))));
  return each.flat();
}

async function checkPath(api: SecretsApi, path: string, context: CallContext): Promise<readonly VaultFinding[]> {
  const messages = [
    ...(await asMessages(() => checkReaders(api, path, context))),
    ...(await asMessages(() => checkOwn(api, path, context))),
  ];
  return messages.map((message) => ({ path, severity: 'error', message }));
}

async function checkReaders(api: SecretsApi, path: string, context: CallContext): Promise<readonly string[]> {
  const name = nameOf('readers', path);
  const described = await api.describe(name, context);
  if (described === null) return [];
  const problem = obstacle(described, await api.region());
  if (problem !== null) return [`${name}: ${problem}`];
  await api.get(name, context);
  return quotaProblem(api, name, context);
}

async function checkOwn(api: SecretsApi, path: string, context: CallContext): Promise<readonly string[]> {
  const name = nameOf('relock', path);
  if ((await api.get(name, context)) === null) return [];
  return quotaProblem(api, name, context);
}

/** A quota that is met in the middle of a rotation would stop it there. */
async function quotaProblem(api: SecretsApi, name: string, context: CallContext): Promise<readonly string[]> {
  const times = await api.versionTimes(name, context);
  const recent = times.filter((at) => at > Date.now() - dayMs).length;
  if (recent <= versionsADay) return [];
  const text = `it has ${recent} versions of the last 24 hours, and AWS keeps about 100: a rotation might stop half-way. Wait a day, and find out who writes it so often`;
  return [`${name}: ${text}`];
}

async function asMessages(look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof DriverError && error.code !== 'Bug') return [error.message];
    throw error;
  }
}
