import { writeFile } from 'node:fs/promises';
import { bundleWorkflows } from './bundle.js';
import { bundlePath } from './source.js';

// Part of `npm run build`: every worker starts with the same code, without bundling it first.
const { code } = await bundleWorkflows({ encrypts: true, warn: console.warn });
await writeFile(bundlePath, code);
