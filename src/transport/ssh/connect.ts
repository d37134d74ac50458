import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type Client } from 'ssh2';
import type { CallContext } from '../../contracts/context.js';
import { DriverError } from '../../model/errors.js';
import { Secret } from '../../secret/secret.js';
import { fingerprintOf } from '../../secret/sshKey.js';
import { algorithmsFor } from './algorithms.js';
import { Authentication, type ChangeAnswers, type LoginFailure, type LoginVerdict } from './authentication.js';
import { type SshAddress, type SshEndpoint, type SshJump, type SshLogin, showAddress, sshError } from './endpoint.js';
import { Interrupted, interruptible, Scope } from './scope.js';
import { SshSession } from './session.js';
import { takeSlot } from './slots.js';
import { cut, NoConnection, openSocket } from './socket.js';

/** `accepted` comes with a session, which the caller closes. */
export type LoginAnswer =
  | { readonly answer: 'accepted'; readonly session: SshSession }
  | { readonly answer: 'expired' }
  | { readonly answer: 'rejected' | 'barred' | 'unknown'; readonly failure: LoginFailure };

const noSecret = Secret.of({ password: '' });

/** How the bytes reach the server. */
interface Line {
  readonly stream: Duplex;
  /** Drops what was not sent yet. */
  readonly cut: () => void;
}

/** How long a server gets to close its side of a connection that we ended. */
const lingerMs = 1_000;

/** What one connection holds, given back once: at once when it is cut, else when the server has closed its side. */
class Holdings {
  readonly scope: Scope;
  slot: () => void = () => undefined;
  line: Line | null = null;
  #given = false;

  constructor(context: CallContext) {
    this.scope = new Scope(context);
  }

  cut(): void {
    if (this.#given) return;
    this.#given = true;
    this.scope.dispose();
    this.line?.cut();
    this.slot();
  }

  end(): void {
    const { line } = this;
    if (this.#given || line === null || line.stream.destroyed) {
      this.cut();
      return;
    }
    this.#given = true;
    this.scope.dispose();
    const timer = setTimeout(line.cut, lingerMs);
    line.stream.once('close', () => {
      clearTimeout(timer);
      line.cut();
      this.slot();
    });
  }
}

async function openDirect(address: SshAddress, signal: AbortSignal): Promise<Line> {
  const socket: Socket = await openSocket(address.host, address.port, signal);
  return { stream: socket, cut: () => cut(socket) };
}

async function openLine(endpoint: SshEndpoint, context: CallContext, signal: AbortSignal): Promise<Line> {
  const { address } = endpoint;
  if (address.jump === null) return openDirect(address, signal);
  const jump: SshEndpoint = { ...endpoint, address: address.jump.address };
  const session = await connectJump(jump, address.jump, context);
  try {
    const stream = await session.forward(address.host, address.port);
    return {
      stream,
      cut: () => {
        stream.destroy();
        session.close();
      },
    };
  } catch {
    session.close();
    throw new NoConnection('the jump host could not open a connection to it');
  }
}

/** A jump host that is down is the network's; one that refuses its login is the configuration's. */
async function connectJump(endpoint: SshEndpoint, jump: SshJump, context: CallContext): Promise<SshSession> {
  try {
    return await connectSsh(endpoint, await jump.login(), context);
  } catch (error) {
    if (!(error instanceof DriverError)) throw jumpError(endpoint, 'its identity file cannot be read');
    if (error.code === 'Timeout') throw new Interrupted('timeout');
    if (error.code === 'Unreachable') throw new NoConnection('the jump host cannot be reached');
    throw error.code === 'Misconfigured' ? error : jumpError(endpoint, 'it does not let relock in');
  }
}

function jumpError(endpoint: SshEndpoint, why: string): DriverError {
  return sshError(endpoint, {
    code: 'Misconfigured',
    effect: 'none',
    message: `jump host ${showAddress(endpoint.address)}: ${why}; nothing was changed. Check \`jump\` of the target`,
  });
}

/** What the server showed, when it was not the pinned key. */
interface HostKeyCheck {
  seen: string | null;
}

function attachFailures(client: Client, attempt: Authentication): void {
  let failure: LoginFailure = 'dropped';
  client.on('error', (error) => {
    if (/no matching .* algorithm/i.test(error.message)) failure = 'noCommonAlgorithm';
  });
  client.on('close', () => attempt.ended(failure));
  client.on('end', () => attempt.ended(failure));
}

function authenticate(
  client: Client,
  options: { line: Line; endpoint: SshEndpoint; login: SshLogin; answers: ChangeAnswers | null; check: HostKeyCheck },
  signal: AbortSignal,
): Promise<LoginVerdict> {
  const { line, endpoint, login, answers, check } = options;
  return interruptible(signal, (resolve) => {
    const attempt = new Authentication(login, answers, resolve);
    attachFailures(client, attempt);
    client.on('banner', (text) => attempt.banner(text));
    client.on('ready', () => attempt.succeeded());
    client.on('change password', () => attempt.expired());
    client.connect({
      sock: line.stream,
      username: login.account,
      readyTimeout: 0,
      algorithms: algorithmsFor(endpoint.address.algorithms),
      authHandler: (offered, partialSuccess) => attempt.next(offered, partialSuccess),
      hostVerifier: (key: Buffer) => {
        check.seen = fingerprintOf(key);
        return check.seen === endpoint.address.hostKey;
      },
    });
  });
}

/** What a person must know when a server shows another key than the pinned one. */
export function hostKeyError(endpoint: SshEndpoint, seen: string): DriverError {
  const where = showAddress(endpoint.address);
  return sshError(endpoint, {
    code: 'Misconfigured',
    effect: 'none',
    message:
      `the host key of ${where} is not the pinned one: pinned ${endpoint.address.hostKey}, shown ${seen}. ` +
      'Nothing was sent to it and nothing was changed. Find out from its owner whether the device was replaced or ' +
      'reinstalled; only then write the new key into the configuration. Otherwise treat it as an attack.',
  });
}

async function logInOn(
  line: Line,
  endpoint: SshEndpoint,
  login: SshLogin,
  scope: Scope,
  options: { readonly answers: ChangeAnswers | null; readonly closed: (how: 'end' | 'cut') => void },
): Promise<LoginAnswer> {
  const client = new ssh2.Client();
  const check: HostKeyCheck = { seen: null };
  const verdict = await authenticate(client, { line, endpoint, login, answers: options.answers, check }, scope.signal);
  if (check.seen !== null && check.seen !== endpoint.address.hostKey) throw hostKeyError(endpoint, check.seen);
  if (!('failure' in verdict) && verdict.answer === 'expired') return { answer: 'expired' };
  if ('failure' in verdict) return verdict;
  return { answer: 'accepted', session: new SshSession(client, endpoint, scope.signal, options.closed) };
}

/** A key that cannot be read would look like a refused one. */
function requireUsableKey(endpoint: SshEndpoint, login: SshLogin): void {
  if (!login.secret.has('private_key')) return;
  const parsed = ssh2.utils.parseKey(login.secret.reveal('private_key'));
  if (!(parsed instanceof Error) && parsed.isPrivateKey()) return;
  throw sshError(endpoint, {
    code: 'Misconfigured',
    effect: 'none',
    message:
      `the private key of ${login.account} in the vault cannot be read, so no login was tried and nothing was changed; ` +
      'store it in OpenSSH or PEM format, without a passphrase',
  });
}

function failureOf(error: unknown): LoginAnswer {
  if (error instanceof Interrupted) return { answer: 'unknown', failure: 'timeout' };
  if (error instanceof NoConnection) return { answer: 'unknown', failure: 'unreachable' };
  throw error;
}

/**
 * One login attempt. It throws only for what is no answer of the network: a changed host key (`Misconfigured`), or a
 * jump host's own trouble. The session obeys the same context to its end.
 */
export async function logIn(
  endpoint: SshEndpoint,
  login: SshLogin,
  context: CallContext,
  answers: ChangeAnswers | null = null,
): Promise<LoginAnswer> {
  requireUsableKey(endpoint, login);
  const held = new Holdings(context);
  let answer: LoginAnswer;
  try {
    held.slot = await takeSlot(showAddress(endpoint.address), held.scope.signal);
    held.line = await openLine(endpoint, context, held.scope.signal);
    const closed = (how: 'end' | 'cut') => held[how]();
    answer = await logInOn(held.line, endpoint, login, held.scope, { answers, closed });
  } catch (error) {
    held.cut();
    return failureOf(error);
  }
  if (answer.answer !== 'accepted') held.end();
  return answer;
}

const explanations: Readonly<Record<LoginFailure, readonly [DriverError['code'], string]>> = {
  refused: ['Unauthorized', 'refused the login; check the secret in the vault and the account there'],
  accountBarred: ['LockedOut', 'says that the account is locked or expired; let its owner open it again'],
  notOffered: [
    'Misconfigured',
    "does not offer this kind of login; allow it there, or use the account's other kind of secret",
  ],
  secondFactor: ['Misconfigured', 'asks for a second factor, which relock has not; exempt the account from it there'],
  unexpectedPrompt: [
    'Unsupported',
    'asks something at login that relock does not know; exempt the account from it there',
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

/** The error that says why a login failed; nothing was changed by it. */
export function loginError(endpoint: SshEndpoint, account: string, failure: LoginFailure): DriverError {
  const [code, text] = explanations[failure];
  const message = `${showAddress(endpoint.address)} (login ${account}): the server ${text}. Nothing was changed.`;
  return sshError(endpoint, { code, effect: 'none', message });
}

/** A session, or DriverError with effect `none`. */
export async function connectSsh(endpoint: SshEndpoint, login: SshLogin, context: CallContext): Promise<SshSession> {
  const answer = await logIn(endpoint, login, context);
  if (answer.answer === 'accepted') return answer.session;
  if (answer.answer === 'expired') {
    throw sshError(endpoint, {
      code: 'LockedOut',
      effect: 'none',
      message: `${showAddress(endpoint.address)}: the password of ${login.account} has expired; set a new one there. Nothing was changed.`,
    });
  }
  throw loginError(endpoint, login.account, answer.failure);
}

/** Logs in, runs `use`, closes the session whatever happens. */
export async function withSsh<T>(
  endpoint: SshEndpoint,
  login: SshLogin,
  context: CallContext,
  use: (session: SshSession) => Promise<T>,
): Promise<T> {
  const session = await connectSsh(endpoint, login, context);
  try {
    return await use(session);
  } finally {
    session.close();
  }
}

/**
 * The key that a server shows, for the explicit command that pins it on first use. Nothing proves whose key it is: a
 * person compares it with what the device's owner says. Throws DriverError `Unreachable` or `Timeout`.
 */
export async function fetchHostKey(
  endpoint: Omit<SshEndpoint, 'address'> & { readonly address: Omit<SshAddress, 'hostKey'> },
  context: CallContext,
): Promise<string> {
  const pinnedToNothing: SshEndpoint = { ...endpoint, address: { ...endpoint.address, hostKey: '' } };
  const held = new Holdings(context);
  const check: HostKeyCheck = { seen: null };
  try {
    held.slot = await takeSlot(showAddress(pinnedToNothing.address), held.scope.signal);
    held.line = await openLine(pinnedToNothing, context, held.scope.signal);
    const login: SshLogin = { account: 'relock', secret: noSecret };
    const options = { line: held.line, endpoint: pinnedToNothing, login, answers: null, check };
    await authenticate(new ssh2.Client(), options, held.scope.signal);
  } catch (error) {
    failureOf(error);
  } finally {
    held.cut();
  }
  if (check.seen === null) throw loginError(pinnedToNothing, 'none', 'unreachable');
  return check.seen;
}
