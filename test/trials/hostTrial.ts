import { onTestFinished } from 'vitest';
import type { SshHost } from '../harness/sshHost.js';
import { credential, startTrial, type Trial, type TrialOptions } from './trial.js';

/** Of the login that changes accounts. */
export const rootPassword = 'Root-Secret.of-ours_1';

export interface HostTrial extends Partial<Omit<TrialOptions, 'targets' | 'entry'>> {
  readonly kind: string;
  readonly account: string;
  /** What readers get, beside `username`; null: nothing. */
  readonly secret: Readonly<Record<string, unknown>> | null;
  /** Who changes the account; null: it changes itself. Default: root. */
  readonly manager?: string | null;
  /** Of the target and of the credential, each with a comma in front. */
  readonly settings?: string;
  readonly more?: string;
}

/** One account on that host, as `headend`, until the test ends; the vault holds what opens it and what changes it. */
export async function hostTrial(
  { address, hostKey }: Pick<SshHost, 'address' | 'hostKey'>,
  { kind, account, secret, manager = 'root', settings = '', more = '', ...options }: HostTrial,
): Promise<Trial> {
  const management = manager === null ? '' : `, management: { account: ${manager}, secret: "primary:mgmt/headend" }`;
  const trial = await startTrial({
    targets: [`headend: { type: linux, address: "${address}", hostKey: "${hostKey}"${settings}${management} }`],
    entry: `kind: ${kind}, account: ${account}, targets: [headend]${more}`,
    ...options,
  });
  onTestFinished(trial.stop);
  await trial.mount.personWrites('mgmt/headend', { password: rootPassword });
  if (secret !== null) await trial.mount.personWrites(credential, { username: account, ...secret });
  return trial;
}
