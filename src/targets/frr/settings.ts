import { z } from 'zod';
import type { SecretPolicy } from '../../model/capabilities.js';
import { hostKeyPattern, parseHostPort, type SshEndpoint } from '../../transport/ssh/endpoint.js';
import { significantCharacters } from './desCrypt.js';

const hostPort = z
  .string()
  .refine((text) => parseHostPort(text) !== null, 'expected host:port, such as 10.1.2.3:22 or gw.example:22');

export const frrSettings = z.strictObject({
  address: hostPort.describe('host:port of the SSH server, where the management login has vtysh as its shell'),
  hostKey: z
    .string()
    .regex(hostKeyPattern, 'expected SHA256:… as `ssh-keygen -l` prints it')
    .describe('The only host key that relock talks to'),
  algorithms: z
    .enum(['default', 'legacy'])
    .default('default')
    .describe('legacy: also SHA-1, CBC, ssh-rsa and ssh-dss, for devices that have nothing else'),
  probeAddress: z
    .string()
    .regex(/:\d{1,5}$/, 'expected host:port, such as 10.1.2.3:2602')
    .pipe(hostPort)
    .describe(
      'host:port of a daemon’s telnet VTY, where the password is enforced. Telnet is clear text: keep it in the management network',
    ),
  startupConfig: z
    .string()
    .startsWith('/')
    .nullable()
    .default('/etc/frr/frr.conf')
    .describe(
      'Read over SFTP after each save, as the router says [OK] also when its disk is full; null: the router is believed',
    ),
});
export type FrrSettings = z.output<typeof frrSettings>;

/** The only account that can be proved: `enable` is asked for only behind the VTY password, which is another credential. */
export const vtyAccount = 'vty';

export function accountProblem(account: string): string | null {
  return account === vtyAccount
    ? null
    : 'expected vty, the password of the telnet VTY; there is no other that could be proved';
}

/** Letters and digits: what people can type into `password …` by hand, too. */
export const secretPolicy: SecretPolicy = {
  minLength: significantCharacters,
  maxLength: 64,
  significantLength: significantCharacters,
  alphabet: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
};

export function requireHostPort(text: string): { readonly host: string; readonly port: number } {
  const parsed = parseHostPort(text);
  if (parsed === null) throw new RangeError('an address was not checked before it was used');
  return parsed;
}

export function endpointOf(target: { readonly id: string; readonly settings: FrrSettings }): SshEndpoint {
  const { address, hostKey, algorithms } = target.settings;
  return {
    driver: 'frr',
    subject: target.id,
    address: { ...requireHostPort(address), hostKey, algorithms, jump: null },
  };
}
