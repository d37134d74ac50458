/** Where the harness says what it fetches: the test's own output. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
