import fc from 'fast-check';
import type { AuthContext, Connection, KeyboardAuthContext } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/secret/secret.js';
import { generateSshKey } from '../../src/secret/sshKey.js';
import { logIn } from '../../src/transport/ssh/connect.js';
import type { SshLogin } from '../../src/transport/ssh/endpoint.js';
import { effectContext } from '../contract/targetDriver.harness.js';
import { hostileServer, login, password } from './hostileSsh.js';
import { ownersText } from './ownersText.js';

/** What an owner may write into a banner, a notice of PAM or an instruction. */
const notice = ownersText(
  [
    'New password: ',
    'Retype new password: ',
    'Current password: ',
    '(current) UNIX password: ',
    'Password: ',
    'use is against the law',
    'Your account has expired; please contact your system administrator.',
    'The account is locked due to 3 failed logins.',
    'Too many authentication failures',
    'Permission denied, please try again.',
    'Access granted',
  ],
  ['\r\n', '\n', ' ', ': '],
  'binary',
);

type Questions = (context: KeyboardAuthContext, connection: Connection) => void;

interface Device {
  readonly banner: string;
  readonly instructions: string;
  readonly before: string;
}
const device: fc.Arbitrary<Device> = fc.record({ banner: notice, instructions: notice, before: notice });

/** A server that asks its questions once it was told the method, and says what it is told to. */
async function answerOf(device: Pick<Device, 'banner'>, questions: Questions, by: SshLogin = login) {
  const endpoint = await hostileServer({
    banner: device.banner,
    onAuthentication: (context, connection) => {
      if (context.method !== 'keyboard-interactive') context.reject(['keyboard-interactive']);
      else questions(context, connection);
    },
  });
  const { answer, ...rest } = await logIn(endpoint, by, effectContext(5_000));
  if ('session' in rest) rest.session.close();
  return 'failure' in rest ? `${answer}(${rest.failure})` : answer;
}

const hangUp = (connection: Connection) => void connection.end();

/** As sshd with PAM: the notice stands before the prompt, in one text. */
function passwordPrompt(
  { instructions, before }: Device,
  context: KeyboardAuthContext,
  given: (right: boolean) => void,
): void {
  const prompt = `${before}\nPassword: `;
  context.prompt([{ prompt, echo: false }], '', instructions, ([answer]) => given(answer === password));
}

const wrong: SshLogin = { account: 'svc', secret: Secret.of({ password: 'Wrong-of-the-tests-1' }) };
const runs = { seed: 18, numRuns: 40 };

describe('T18 T20 no text of a device or its owner is an answer', { timeout: 120_000 }, () => {
  test('notices around a password prompt change neither yes nor no', async () => {
    const property = fc.asyncProperty(device, fc.boolean(), async (texts, isRight) => {
      const judge: Questions = (context) =>
        passwordPrompt(texts, context, (right) =>
          right ? context.accept() : context.reject(['keyboard-interactive']),
        );
      const said = await answerOf(texts, judge, isRight ? login : wrong);
      expect(said).toBe(isRight ? 'accepted' : 'rejected(refused)');
    });
    await fc.assert(property, runs);
  });

  test('notices before and after the secret, then the connection ends', async () => {
    const property = fc.asyncProperty(device, notice, async (texts, after) => {
      const questions: Questions = (context, connection) =>
        passwordPrompt(texts, context, () => {
          // Statements of PAM without a question come as instructions; the client answers them by itself.
          context.prompt([], '', after, () => hangUp(connection));
        });
      expect(await answerOf(texts, questions)).toBe('unknown(closedAfterSecret)');
    });
    await fc.assert(property, runs);
  });

  test('a refusal, or a success, before the secret was asked for', async () => {
    const property = fc.asyncProperty(device, fc.boolean(), async (texts, succeeds) => {
      const questions: Questions = (context) =>
        context.prompt([], '', texts.instructions, () =>
          succeeds ? context.accept() : context.reject(['keyboard-interactive']),
        );
      expect(await answerOf(texts, questions)).toBe(`unknown(${succeeds ? 'needsNoSecret' : 'notAsked'})`);
    });
    await fc.assert(property, runs);
  });

  test('a question that is none for the password does not get it', async () => {
    const got: string[] = [];
    const property = fc.asyncProperty(device, notice, async (texts, question) => {
      const prompt = `${texts.before}\nNote ${question.replace(/[\r\n]/g, ' ')}: `;
      const questions: Questions = (context) =>
        context.prompt([{ prompt, echo: false }], '', texts.instructions, (answers) => {
          got.push(...answers);
          context.accept();
        });
      expect(await answerOf(texts, questions)).toBe('unknown(unexpectedPrompt)');
    });
    await fc.assert(property, runs);
    expect(got).toEqual([]);
  });

  test.each(['New password: ', 'Current password: ', '(current) UNIX password: ', 'Retype new password: '])(
    '"%s" before the password was asked for',
    async (prompt) => {
      const questions: Questions = (context) => context.prompt([{ prompt, echo: false }], () => context.accept());
      expect(await answerOf({ banner: '' }, questions)).toBe('unknown(unexpectedPrompt)');
    },
  );

  test('after the secret, a notice is no question for a new one', async () => {
    const property = fc.asyncProperty(device, notice, async (texts, question) => {
      const prompt = `${texts.before}\nNote ${question.replace(/[\r\n]/g, ' ')}: `;
      const questions: Questions = (context, connection) =>
        passwordPrompt(texts, context, () =>
          context.prompt([{ prompt, echo: false }], '', texts.instructions, () => hangUp(connection)),
        );
      expect(await answerOf(texts, questions)).toBe('unknown(secondFactor)');
    });
    await fc.assert(property, runs);
  });
});

describe('T18 a key is accepted only when it has signed', () => {
  const key: SshLogin = { account: 'svc', secret: generateSshKey('svc') };
  const answerWith = async (judge: (context: AuthContext) => void) => {
    const endpoint = await hostileServer({
      onAuthentication: (context) => (context.method === 'publickey' ? judge(context) : context.reject(['publickey'])),
    });
    const answer = await logIn(endpoint, key, effectContext(5_000));
    if (answer.answer === 'accepted') answer.session.close();
    return 'failure' in answer ? `${answer.answer}(${answer.failure})` : answer.answer;
  };
  /** Without asking for a signature, which ssh2's own `accept` does. */
  const letIn = (context: AuthContext) => Object.getPrototypeOf(Object.getPrototypeOf(context)).accept.call(context);

  test('a server that lets in whoever shows the public key has proved nothing', async () => {
    expect(await answerWith(letIn)).toBe('unknown(needsNoSecret)');
    expect(await answerWith((context) => context.accept())).toBe('accepted');
    expect(await answerWith((context) => context.reject(['publickey']))).toBe('rejected(refused)');
  });
});
