import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Register } from '../../src/cli/command.js';
import { withDeadline } from '../../src/cli/deadline.js';
import { CommandError } from '../../src/cli/failures.js';
import { tableLines } from '../../src/cli/output.js';
import { runCli } from '../../src/cli/run.js';
import { DriverError } from '../../src/model/errors.js';
import { Secret } from '../../src/secret/secret.js';

type Action = Parameters<Parameters<Register>[1]['action']>[0];

/** One command line with a command that does this. */
async function run(action: Action, ...flags: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const register: Register = (program, cli) => void program.command('act').action(cli.action(action));
  const signal = new AbortController().signal;
  const outcome = await runCli({ args: ['act', ...flags], stdout, stderr, environment: {}, signal }, [register]);
  return { outcome, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

const fails =
  (error: unknown): Action =>
  () => {
    throw error;
  };

describe('the frame of every command', () => {
  it.each(['done', 'failed', 'badInput', 'incomplete', 'waiting'] as const)(
    'an action ends as it says: %s',
    async (outcome) => {
      expect(await run(() => outcome)).toEqual({ outcome, stdout: '', stderr: '' });
    },
  );

  it("a driver's error is told with its subject and what its code means", async () => {
    const error = new DriverError({
      code: 'Unauthorized',
      effect: 'none',
      driver: 'openbao',
      subject: 'primary',
      message: 'the token was refused',
    });
    const ended = await run(fails(error), '--json');
    expect(ended.outcome).toBe('failed');
    expect(ended.stderr).toContain(
      "primary: the token was refused (Unauthorized: relock's own login was refused there)",
    );
    expect(JSON.parse(ended.stdout)).toMatchObject({ ok: false, error: { code: 'Unauthorized' } });
  });

  it("a foreign error's text is not printed: it may carry a token", async () => {
    const ended = await run(fails(Object.assign(new TypeError('X-Vault-Token: hvs.topsecret'), { code: 'E_FOREIGN' })));
    expect(ended.outcome).toBe('failed');
    expect(ended.stderr).toContain('TypeError E_FOREIGN');
    expect(ended.stderr).toMatch(/at .*frame\.test\.ts/);
    expect(ended.stderr + ended.stdout).not.toContain('topsecret');
  });

  it('a command may say how it failed', async () => {
    const ended = await run(fails(new CommandError('held by another', 'waiting')));
    expect(ended).toEqual({ outcome: 'waiting', stdout: '', stderr: 'held by another\n' });
  });

  it('JSON cannot steer a terminal, and is the same JSON', async () => {
    const value = { text: 'a\u001b[31m\u009b\u202e\u{e0001}', secret: Secret.of({ password: 'topsecret' }) };
    const ended = await run(({ out }) => {
      out.result(value, []);
      return 'done';
    }, '--json');
    expect(ended.stdout).not.toMatch(/[^\n\P{Cc}]|\p{Cf}|topsecret/u);
    expect(JSON.parse(ended.stdout).text).toBe(value.text);
  });

  it('tables line up, and show what could steer a terminal', () => {
    expect(
      tableLines(
        ['A', 'B'],
        [
          ['long\u001b', 'x'],
          ['y', ''],
        ],
      ),
    ).toEqual(['A           B', 'long\\u{1b}  x', 'y']);
  });
});

describe('one call with a deadline', () => {
  const subject = { driver: 'linux', subject: 'host-1' };
  const deadline = (ms: number, signal = new AbortController().signal) => ({ ms, signal, now: Date.now });

  it('gives what the call gives', async () => {
    expect(await withDeadline(deadline(5000), subject, async () => 7)).toBe(7);
  });

  it('a driver that does not stop is left behind, as Timeout', async () => {
    const never = withDeadline(deadline(10), subject, () => new Promise(() => {}));
    await expect(never).rejects.toMatchObject({ code: 'Timeout', effect: 'none', subject: 'host-1' });
  });

  it('stops when the person does', async () => {
    const stopped = withDeadline(deadline(60_000, AbortSignal.abort()), subject, ({ signal }) =>
      signal.aborted ? Promise.reject(new Error('stopped')) : Promise.resolve('went on'),
    );
    await expect(stopped).rejects.toThrow('stopped');
  });
});
