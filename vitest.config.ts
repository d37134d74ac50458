import { defineConfig } from 'vitest/config';

const serverTests = 'test/**/*.server.test.ts';

export default defineConfig({
  test: {
    // Real servers share the cores with the tests that drive them.
    maxWorkers: 2,
    teardownTimeout: 30_000,
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: [serverTests],
          pool: 'forks',
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'server',
          include: [serverTests],
          pool: 'forks',
          globalSetup: ['test/harness/globalSetup.ts'],
          testTimeout: 60_000,
          // A first run fetches the servers (about 200 MB).
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
