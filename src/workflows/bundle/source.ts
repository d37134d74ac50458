import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';

/** Written by `npm run build`. */
export const bundlePath = fileURLToPath(new URL('./workflows.bundle.js', import.meta.url));

/** Every workflow, as source. */
export const workflowsPath = sourceOf('../index');

/** What all of them share. */
export const sharedPath = sourceOf('../shared');

/** TypeScript in tests, JavaScript once built. */
function sourceOf(module: string): string {
  return fileURLToPath(new URL(`${module}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
}

/** The bundle where there is one; else the worker bundles the sources itself, which takes some seconds. */
export function workflowSource(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'bundlerOptions'> {
  if (existsSync(bundlePath)) return { workflowBundle: { codePath: bundlePath } };
  return { workflowsPath, bundlerOptions: { preloadModules: [sharedPath] } };
}
