import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';

export interface TemporalPlace {
  readonly connectionOptions: ReturnType<typeof loadClientConnectConfig>['connectionOptions'];
  readonly namespace: string;
  /** `host:port`, for messages. */
  readonly address: string;
}

/** Where Temporal is, as its own CLI understands it: `TEMPORAL_*` variables, then the profile in its TOML file, then localhost:7233. Throws on a profile that cannot be read. */
export function temporalFromEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): TemporalPlace {
  const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: definedOf(environment) });
  return {
    connectionOptions,
    namespace: namespace ?? 'default',
    address: connectionOptions.address ?? '127.0.0.1:7233',
  };
}

/** A server at this address, without TLS: the dev server. */
export function temporalAt(address: string, namespace = 'default'): TemporalPlace {
  return { connectionOptions: { address }, namespace, address };
}

export interface ConnectedClient {
  readonly client: Client;
  readonly place: TemporalPlace;
  close(): Promise<void>;
}

const connectTimeoutMs = 5_000;

/** Throws when no server answers within a few seconds. */
export async function connectClient(place: TemporalPlace, dataConverter: DataConverter = {}): Promise<ConnectedClient> {
  const connection = await Connection.connect({ ...place.connectionOptions, connectTimeout: connectTimeoutMs });
  const client = new Client({ connection, namespace: place.namespace, dataConverter });
  return { client, place, close: () => connection.close() };
}

function definedOf(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
