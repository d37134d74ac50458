#!/usr/bin/env node
// Runs the tests and closes with one line, alone: `N passed, N failed`. Whatever is not a clean pass counts as failed:
// a test, a file that does not load, an error outside any test, a skipped test, no tests at all.
// Usage: node scripts/test.js [all|fast|server|campaign|everything] [vitest filters…]; `all` is fast and server.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [suite = 'all', ...filters] = process.argv.slice(2);
const suites = {
  all: ['fast', 'server'],
  fast: ['fast'],
  server: ['server'],
  campaign: ['campaign'],
  everything: ['fast', 'server', 'campaign'],
};
if (!Object.hasOwn(suites, suite)) {
  console.error(`unknown suite "${suite}": nothing was run; use ${Object.keys(suites).join(', ')}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'relock-tests-'));
const resultFile = join(folder, 'result.json');
const exitCode = await runVitest();
const { passed, problems } = readResult();
rmSync(folder, { recursive: true, force: true });

for (const problem of problems) console.log(`failed: ${problem}`);
console.log(`${passed} passed, ${problems.length} failed`);
process.exitCode = problems.length === 0 ? 0 : 1;

function runVitest() {
  const projects = suites[suite].flatMap((project) => ['--project', project]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`];
  const args = ['node_modules/vitest/vitest.mjs', 'run', ...projects, ...reporters, ...filters];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}

function readResult() {
  const files = readFiles();
  if (files === undefined) return { passed: 0, problems: ['vitest ended without a result'] };
  const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
  const passed = tests.filter((test) => test.status === 'passed').length;
  const problems = [
    ...tests
      .filter((test) => test.status !== 'passed')
      .map((test) => `${test.file}: ${test.fullName} (${test.status})`),
    ...files.filter((file) => file.assertionResults.length === 0).map((file) => `${file.name}: no test ran`),
  ];
  if (passed + problems.length === 0) problems.push('no test was found');
  if (exitCode !== 0 && problems.length === 0) problems.push(`vitest exited with ${exitCode}: see the errors above`);
  return { passed, problems };
}

function readFiles() {
  try {
    return JSON.parse(readFileSync(resultFile, 'utf8')).testResults;
  } catch {
    return undefined;
  }
}
