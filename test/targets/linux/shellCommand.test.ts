import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readShellCommand, shellCommand } from '../../../src/targets/linux/shellCommand.js';

const words = fc.array(fc.string({ unit: fc.constantFrom('a', "'", '"', '\\', '\n', '!', '$', '`', '%', ' ', '0') }), {
  maxLength: 4,
});

test('T21 a script and its arguments come through sh byte by byte, and can be read again', () => {
  fc.assert(
    fc.property(words, (args) => {
      const script = 'for each in "$@"; do printf "%s\\0" "$each"; done\n: "!\\\\"';
      const command = shellCommand(script, args);
      expect(command.text).not.toMatch(/[\n!]/);
      const said = execFileSync('sh', ['-c', command.text], { encoding: 'utf8' });
      expect(said).toBe(args.map((each) => `${each}\0`).join(''));
      expect(readShellCommand(command.text)).toEqual({ script, args, mark: command.mark });
    }),
    { seed: 21, numRuns: 150 },
  );
});

test('what is no such command is not read', () => {
  for (const text of ['', 'true', "sh -c 'true' relock 'x'"]) expect(readShellCommand(text)).toBeNull();
});
