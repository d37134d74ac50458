import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/secret/secret.js';
import { generateSshKey, parsePublicKey } from '../../src/secret/sshKey.js';
import { connectSsh, fetchHostKey, logIn, withSsh } from '../../src/transport/ssh/connect.js';
import { plainText } from '../../src/transport/ssh/dialogue.js';
import { parseHostPort, type SshEndpoint, type SshLogin } from '../../src/transport/ssh/endpoint.js';
import {
  type ServerLoginDecision,
  type SshServer,
  type SshServerOptions,
  startSshServer,
} from '../../src/transport/ssh/server.js';
import { effectContext } from '../contract/targetDriver.harness.js';

const hostKey = generateSshKey('host').reveal('private_key');
const password = (value: string) => Secret.of({ password: value });
const right = password('right-password');

const servers: SshServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options: Partial<SshServerOptions> = {}): Promise<{ server: SshServer; endpoint: SshEndpoint }> {
  const server = await startSshServer({
    hostKey,
    methods: ['password'],
    authenticate: (attempt) =>
      attempt.method === 'password' && attempt.password === right.reveal('password') ? 'accept' : 'reject',
    run: async () => 0,
    ...options,
  });
  servers.push(server);
  const { host, port, hostKey: pin } = server;
  const address = { host, port, hostKey: pin, algorithms: options.algorithms ?? 'default', jump: null };
  return { server, endpoint: { driver: 'test', subject: 'device-1', address } };
}

async function answerOf(endpoint: SshEndpoint, login: SshLogin, timeMs = 10_000) {
  const answer = await logIn(endpoint, login, effectContext(timeMs));
  if (answer.answer !== 'accepted') return answer;
  answer.session.close();
  return { answer: answer.answer };
}

const by = (secret: Secret): SshLogin => ({ account: 'svc', secret });

describe('what counts as an answer to a login', () => {
  it('accepted, and rejected only when the server refuses the method that it offers', async () => {
    const { endpoint } = await start();
    expect(await answerOf(endpoint, by(right))).toEqual({ answer: 'accepted' });
    expect(await answerOf(endpoint, by(password('wrong')))).toEqual({ answer: 'rejected', failure: 'refused' });
  });

  it.each<[ServerLoginDecision, string]>([
    ['drop', 'closedAfterSecret'],
    ['silence', 'timeout'],
  ])('%s is unknown', async (decision, failure) => {
    const { endpoint } = await start({ authenticate: () => decision });
    expect(await answerOf(endpoint, by(right), 500)).toEqual({ answer: 'unknown', failure });
  });

  it('a method that is not offered says nothing of the secret', async () => {
    const { endpoint } = await start({ methods: ['publickey'] });
    expect(await answerOf(endpoint, by(right))).toEqual({ answer: 'unknown', failure: 'notOffered' });
  });

  it('H20: a change that is forced at login means that the secret was right', async () => {
    const { endpoint } = await start({
      methods: ['keyboard-interactive'],
      authenticate: async (attempt): Promise<ServerLoginDecision> => {
        if (attempt.method !== 'keyboard-interactive') return 'reject';
        const [given] = await attempt.ask([{ text: 'Password: ', echo: false }]);
        if (given !== right.reveal('password')) return 'reject';
        await attempt.ask([{ text: 'New password: ', echo: false }]);
        return 'reject';
      },
    });
    expect(await answerOf(endpoint, by(right))).toEqual({ answer: 'expired' });
    expect(await answerOf(endpoint, by(password('wrong')))).toEqual({ answer: 'rejected', failure: 'refused' });
  });

  it('a second factor says nothing', async () => {
    const { endpoint } = await start({
      methods: ['keyboard-interactive'],
      authenticate: async (attempt): Promise<ServerLoginDecision> => {
        if (attempt.method !== 'keyboard-interactive') return 'reject';
        await attempt.ask([{ text: 'Password: ', echo: false }]);
        await attempt.ask([{ text: 'Code: ', echo: false }]);
        return 'reject';
      },
    });
    expect(await answerOf(endpoint, by(right))).toEqual({ answer: 'unknown', failure: 'secondFactor' });
  });

  it('a server that lets anybody in proves nothing', async () => {
    const { endpoint } = await start({ methods: [] });
    expect((await answerOf(endpoint, by(right))).answer).toBe('unknown');
  });

  it('keys: the right one is accepted, another rejected, an unreadable one is Misconfigured and never sent', async () => {
    const mine = generateSshKey('svc');
    const blob = parsePublicKey(mine.reveal('public_key'))?.blob;
    const { endpoint } = await start({
      methods: ['publickey'],
      authenticate: (attempt) => (attempt.method === 'publickey' && attempt.blob === blob ? 'accept' : 'reject'),
    });
    expect(await answerOf(endpoint, by(mine))).toEqual({ answer: 'accepted' });
    expect((await answerOf(endpoint, by(generateSshKey('other')))).answer).toBe('rejected');
    const unreadable = by(Secret.of({ private_key: 'not a key at all' }));
    await expect(answerOf(endpoint, unreadable)).rejects.toMatchObject({ code: 'Misconfigured', effect: 'none' });
  });
});

describe('host keys', () => {
  it('the explicit command sees the key that the pin must be', async () => {
    const { server, endpoint } = await start();
    expect(await fetchHostKey(endpoint, effectContext())).toBe(server.hostKey);
  });

  it('another key ends the connection before the secret is sent', async () => {
    const seen: string[] = [];
    const { endpoint } = await start({
      authenticate: (attempt) => {
        seen.push(attempt.method);
        return 'accept';
      },
    });
    const moved = { ...endpoint, address: { ...endpoint.address, hostKey: `SHA256:${'A'.repeat(43)}` } };
    await expect(answerOf(moved, by(right))).rejects.toMatchObject({ code: 'Misconfigured', effect: 'none' });
    expect(seen).toEqual([]);
  });
});

describe('connections', () => {
  it('a host gets at most four at once; the fifth waits its turn, and can be stopped while it waits', async () => {
    const { server, endpoint } = await start();
    const open = await Promise.all([1, 2, 3, 4].map(() => connectSsh(endpoint, by(right), effectContext())));
    expect(await answerOf(endpoint, by(right), 300)).toEqual({ answer: 'unknown', failure: 'timeout' });
    expect(server.connectionCount()).toBe(4);
    const fifth = answerOf(endpoint, by(right));
    open[0]?.close();
    expect(await fifth).toEqual({ answer: 'accepted' });
    for (const session of open) session.close();
  });

  it('legacy algorithms are used only where the target says so', async () => {
    const { endpoint } = await start({ algorithms: 'legacy' });
    expect(await answerOf(endpoint, by(right))).toEqual({ answer: 'accepted' });
  });
});

describe('commands', () => {
  const echo: SshServerOptions['run'] = async ({ input, output, errors, command }) => {
    for await (const chunk of input) output.write(chunk);
    errors.write(`ran ${command}`);
    return 3;
  };

  it('get their input on stdin, and give output and exit code', async () => {
    const { endpoint } = await start({ run: echo });
    const result = await withSsh(endpoint, by(right), effectContext(), (session) =>
      session.exec('cat', { stdin: 'hello' }),
    );
    expect(result).toMatchObject({ code: 3, stderr: 'ran cat', truncated: false });
    expect(result.stdout.toString()).toBe('hello');
  });

  it('cannot fill our memory', async () => {
    const { endpoint } = await start({
      run: async ({ output }) => {
        for (let chunk = 0; chunk < 40; chunk++) output.write(Buffer.alloc(16_384));
        return 0;
      },
    });
    const result = await withSsh(endpoint, by(right), effectContext(), (session) => session.exec('yes'));
    expect([result.truncated, result.stdout.length]).toEqual([true, 256 * 1024]);
  });

  it('H2: after notAfter a command that is ready gets nothing', async () => {
    const got: string[] = [];
    const { endpoint } = await start({
      run: async ({ input, output }) => {
        output.write('ready 1\n');
        for await (const chunk of input) got.push(String(chunk));
        return 0;
      },
    });
    const late = { ...effectContext(), notAfter: Date.now() };
    const run = withSsh(endpoint, by(right), late, (session) =>
      session.exec('change', { readyMark: 'ready', whenReady: () => 'secret', effect: late }),
    );
    await expect(run).rejects.toMatchObject({ code: 'Timeout', effect: 'none' });
    expect(got).toEqual([]);
  });

  it('a connection that ends after the input was sent leaves the effect unknown', async () => {
    const { endpoint } = await start({
      run: async ({ input, output, drop }) => {
        output.write('ready\n');
        input.once('data', drop);
        return new Promise(() => undefined);
      },
    });
    const context = effectContext();
    const run = withSsh(endpoint, by(right), context, (session) =>
      session.exec('change', { readyMark: 'ready', whenReady: () => 'secret', effect: context }),
    );
    await expect(run).rejects.toMatchObject({ code: 'Unreachable', effect: 'unknown' });
  });
});

describe('dialogues', () => {
  it('hear the earliest of all known answers, through colours, and know silence from the end', async () => {
    const { endpoint } = await start({
      run: async ({ input, output, terminal }) => {
        output.write(`\u001b[1mterminal ${terminal}\u001b[0m\r\nPassword: `);
        await new Promise((resolve) => input.once('data', resolve));
        output.write('BAD\r\nPassword: ');
        await new Promise((resolve) => input.once('data', resolve));
        return 4;
      },
    });
    await withSsh(endpoint, by(right), effectContext(), async (session) => {
      const talk = await session.shell();
      expect(await talk.read({ prompt: /Password: $/ }, 2_000)).toEqual({ heard: 'prompt', text: 'terminal true\n' });
      expect(await talk.expect({ prompt: /Password: $/ }, 100)).toBe('silence');
      talk.sendLine('x');
      expect(await talk.expect({ prompt: /Password: $/, bad: /BAD/ }, 2_000)).toBe('bad');
      talk.sendLine('y');
      expect(await talk.expect({ never: /never/ }, 2_000)).toBe('ended');
      expect(talk.exitCode).toBe(4);
    });
  });

  it('plain text has no escapes and no control characters', () => {
    expect(plainText('\u001b]0;title\u0007a\u001b[31;1mb\u001b[0m\r\n\tc\b')).toBe('ab\n\tc');
  });
});

describe('parseHostPort', () => {
  it.each([
    ['10.1.2.3:22', { host: '10.1.2.3', port: 22 }],
    ['gw.example', { host: 'gw.example', port: 22 }],
    ['[fe80::1]:2222', { host: 'fe80::1', port: 2222 }],
    ['host:0', null],
    ['host:65536', null],
    ['user@host', null],
    ['', null],
  ])('%s', (text, expected) => expect(parseHostPort(text)).toEqual(expected));
});
