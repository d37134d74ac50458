import ssh2, { type Client } from 'ssh2';
import type { CallContext } from '../../contracts/context.js';
import { DriverError } from '../../model/errors.js';
import { SshKeyError } from '../../secret/opensshKey.js';
import { readableKeyText } from '../../secret/privateKeyText.js';
import { Secret } from '../../secret/secret.js';
import { fingerprintOf, publicKeyOf } from '../../secret/sshKey.js';
import { algorithmsFor } from './algorithms.js';
import { Authentication, type ChangeAnswers, type LoginFailure, type LoginVerdict } from './authentication.js';
import { type SshAddress, type SshEndpoint, type SshJump, type SshLogin, showAddress, sshError } from './endpoint.js';
import { Holdings, type Line, openDirect } from './holdings.js';
import { hostKeyError, loginError, loginWords } from './loginErrors.js';
import { refusesForGood } from './prompts.js';
import { Interrupted, interruptible, type Scope } from './scope.js';
import { SshSession } from './session.js';
import { takeSlot } from './slots.js';
import { NoConnection } from './socket.js';

export { hostKeyError, loginError, loginWords };

/** `accepted` comes with a session, which the caller closes. */
export type LoginAnswer =
  | { readonly answer: 'accepted'; readonly session: SshSession }
  | { readonly answer: 'expired' }
  | { readonly answer: 'rejected' | 'unknown'; readonly failure: LoginFailure };

/** What one connection may send us in all; the most that relock reads is a router's configuration of 8 MB. */
const maxReceivedBytes = 32 * 1024 * 1024;

const noSecret = Secret.of({ password: '' });

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

/** Ends a connection that sends without end, whatever it sends: each of a server's requests costs memory for its answer. */
function limitReceived({ stream, cut }: Line): void {
  let received = 0;
  stream.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > maxReceivedBytes) cut();
  });
}

function attachFailures(client: Client, attempt: Authentication, line: Line): void {
  let failure: LoginFailure = 'dropped';
  client.on('error', (error) => {
    if (/no matching .* algorithm/i.test(error.message)) failure = 'noCommonAlgorithm';
    if (refusesForGood(error)) attempt.refusedForGood();
    // ssh2 would go on reading, and make room for a packet of 2 GB whose length it has just refused.
    if (error.level !== 'client-authentication') line.cut();
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
    attachFailures(client, attempt, line);
    client.on('ready', () => attempt.succeeded());
    client.on('change password', () => attempt.expired());
    limitReceived(line);
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
  const problem = keyProblem(login.secret.reveal('private_key'));
  if (problem === null) return;
  throw sshError(endpoint, {
    code: 'Misconfigured',
    effect: 'none',
    message: `the secret of ${login.account} in the vault: ${problem}. No login was tried and nothing was changed`,
  });
}

function keyProblem(privateKey: string): string | null {
  try {
    publicKeyOf(privateKey);
    const key = ssh2.utils.parseKey(readableKeyText(privateKey));
    return key instanceof Error || !key.isPrivateKey() ? 'the private key is damaged' : null;
  } catch (error) {
    if (error instanceof SshKeyError) return error.message;
    throw error;
  }
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
