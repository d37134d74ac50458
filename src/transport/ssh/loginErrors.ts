import type { DriverError, ErrorCode } from '../../model/errors.js';
import type { LoginFailure } from './authentication.js';
import { type SshEndpoint, showAddress, sshError } from './endpoint.js';

/** What a person must know when a server shows another key than the pinned one. */
export function hostKeyError(endpoint: SshEndpoint, seen: string): DriverError {
  const where = showAddress(endpoint.address);
  return sshError(endpoint, {
    code: 'Misconfigured',
    effect: 'none',
    message:
      `the host key of ${where} is not the pinned one: pinned ${endpoint.address.hostKey}, shown ${seen}. ` +
      'Nothing was sent to it and nothing was changed. Find out from its owner whether the device was replaced or ' +
      'reinstalled, or whether the pin is of another of its keys (`relock pin` shows the one that relock asks for); only then ' +
      'write the new key into the configuration. Otherwise treat it as an attack.',
  });
}

const explanations: Readonly<Record<LoginFailure, readonly [ErrorCode, string]>> = {
  refused: ['Unauthorized', 'refused the login; check the secret in the vault and the account there'],
  closedAfterSecret: [
    'Unreachable',
    'got the secret and ended the connection without an answer, as it does for an account that has expired or that PAM keeps out; look at the account and its log',
  ],
  notOffered: [
    'Misconfigured',
    "does not offer this kind of login; allow it there, or use the account's other kind of secret",
  ],
  secondFactor: [
    'Misconfigured',
    'asks for more than the secret, such as a second factor, which relock has not; exempt the account from it there',
  ],
  unexpectedPrompt: [
    'Unsupported',
    'asks something at login that relock does not know as the question for the password, so it was not sent; let it ask "Password:", or exempt the account there',
  ],
  notAsked: [
    'Unsupported',
    'refused the login without having asked for the password; look at its log and its PAM rules',
  ],
  needsNoSecret: ['Misconfigured', 'lets the account in without any secret; close that first'],
  nextRefused: ['Refused', 'did not take the new secret at login; look at its password rules'],
  dropped: [
    'Unreachable',
    'ended the connection before it decided; look at its log, and at limits such as MaxStartups',
  ],
  timeout: ['Timeout', 'did not answer in time; check the device and the way to it'],
  unreachable: ['Unreachable', 'cannot be reached; check that it is up and that this worker may connect to it'],
  noCommonAlgorithm: [
    'Misconfigured',
    'has no algorithm in common with relock; set `algorithms: legacy` for it if it is an old device',
  ],
};

/** Why a login was no acceptance, in words that name the server and the account. */
export function loginWords(endpoint: SshEndpoint, account: string, failure: LoginFailure): string {
  return `${showAddress(endpoint.address)} (login ${account}): the server ${explanations[failure][1]}`;
}

/** The error that says why a login failed; nothing was changed by it. */
export function loginError(endpoint: SshEndpoint, account: string, failure: LoginFailure): DriverError {
  const [code] = explanations[failure];
  const message = `${loginWords(endpoint, account, failure)}. Nothing was changed.`;
  return sshError(endpoint, { code, effect: 'none', message });
}
