#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error(
    'relock is not built: nothing was done. Run `npm run build` in its folder, then the same command again',
  );
  process.exit(1);
}
await import(main.href);
