import type { DriverEnvironment, VaultType } from '../../contracts/registration.js';
import { DriverError } from '../../model/errors.js';
import { driver } from './awsFailure.js';
import { AwsVault } from './awsVault.js';
import { type CredentialsSource, SecretsApi } from './secretsApi.js';
import { type AwsSettings, awsSettings } from './settings.js';

/** AWS Secrets Manager; secrets in the JSON shape of AWS's own rotation. */
export const vaultType: VaultType<typeof awsSettings> = {
  names: [driver],
  settings: awsSettings,
  example: { region: 'eu-central-1' },
  keepsText: true,
  create: (settings, environment, shapes) => new AwsVault(createApi(settings, environment), environment.now, shapes),
  singleHost: false,
};

export function createApi(settings: AwsSettings, environment: DriverEnvironment): SecretsApi {
  const { region, endpoint, kmsKeyId } = settings;
  const credentials = credentialsOf(settings, environment);
  const config = {
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
  };
  return new SecretsApi(config, kmsKeyId, environment.now);
}

/** The variables that relock.yaml names; `undefined`: the SDK's own chain (environment, profile, SSO, container, instance). */
function credentialsOf(settings: AwsSettings, { environment }: DriverEnvironment): CredentialsSource {
  const { accessKeyIdEnv, secretAccessKeyEnv, sessionTokenEnv } = settings;
  if (accessKeyIdEnv === undefined || secretAccessKeyEnv === undefined) return undefined;
  return async () => ({
    accessKeyId: required(environment, accessKeyIdEnv),
    secretAccessKey: required(environment, secretAccessKeyEnv),
    ...(sessionTokenEnv !== undefined && { sessionToken: required(environment, sessionTokenEnv) }),
  });
}

function required(environment: DriverEnvironment['environment'], variable: string): string {
  const value = environment[variable]?.trim();
  if (value) return value;
  const message = `relock's login to AWS is missing: the environment variable ${variable}, named in relock.yaml, is not set. Nothing was sent`;
  throw new DriverError({ code: 'Misconfigured', effect: 'none', driver, subject: variable, message });
}
