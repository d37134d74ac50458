import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';

/** Written by `npm run build`. */
export const bundlePath = fileURLToPath(new URL('./workflows.bundle.js', import.meta.url));

/** Every workflow, as source: TypeScript in tests, JavaScript once built. */
export const workflowsPath = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../index.ts' : '../index.js', import.meta.url),
);

/** The bundle where there is one; else the worker bundles the sources itself, which takes some seconds. */
export function workflowSource(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  return existsSync(bundlePath) ? { workflowBundle: { codePath: bundlePath } } : { workflowsPath };
}
