const said = new Set<string>();

/** Where the harness says what it fetches: the test's own output, each line once. */
export function say(line: string): void {
  if (!said.has(line)) process.stderr.write(`${line}\n`);
  said.add(line);
}
