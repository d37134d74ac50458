import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode } from '@temporalio/worker';
import { failureConverterPath } from '../../codec/dataConverter.js';
import { bundlePath, workflowsPath } from './source.js';

// Part of `npm run build`: every worker starts with the same code, without bundling it first.
const { code } = await bundleWorkflowCode({
  workflowsPath,
  failureConverterPath,
  // Quiet unless something is wrong: warnings and errors are thrown.
  logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
});
await writeFile(bundlePath, code);
