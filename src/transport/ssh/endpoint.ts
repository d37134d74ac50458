import type { DriverErrorFields } from '../../model/errors.js';
import { DriverError } from '../../model/errors.js';
import type { Secret } from '../../secret/secret.js';

/** One SSH server, pinned. */
export interface SshAddress {
  readonly host: string;
  readonly port: number;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. Any other key ends the connection before anything is sent. */
  readonly hostKey: string;
  /** `legacy` adds SHA-1 key exchange, CBC ciphers, ssh-rsa and ssh-dss, for devices that have nothing else. */
  readonly algorithms: 'default' | 'legacy';
  /** Reached through this server; null: directly. */
  readonly jump: SshJump | null;
}

export interface SshJump {
  readonly address: SshAddress;
  /** Read when it is used, never kept. */
  readonly login: () => Promise<SshLogin>;
}

/** `secret` has `private_key`, or else `password`. */
export interface SshLogin {
  readonly account: string;
  readonly secret: Secret;
}

/** An address, and in whose name errors about it speak. */
export interface SshEndpoint {
  readonly driver: string;
  /** A target id. */
  readonly subject: string;
  readonly address: SshAddress;
}

export function showAddress(address: SshAddress): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

export function sshError(
  endpoint: SshEndpoint,
  fields: Pick<DriverErrorFields, 'code' | 'effect' | 'message'>,
): DriverError {
  return new DriverError({ ...fields, driver: endpoint.driver, subject: endpoint.subject });
}

/** Splits `host:port` or `[v6]:port`; null when it is neither. The port may be left out: 22. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number } | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? 22);
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
}

/** What a pin must look like: 32 bytes in base64 without padding. */
export const hostKeyPattern = /^SHA256:[A-Za-z0-9+/]{43}$/;
