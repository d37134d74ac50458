import { defineConfig } from 'vitest/config';

const serverTests = 'test/**/*.server.test.ts';
/** Whole incidents, and what breaks them, on many servers: minutes each. */
const campaigns = 'test/**/*.campaign.test.ts';

const onServers = {
  pool: 'forks' as const,
  globalSetup: ['test/harness/globalSetup.ts'],
  testTimeout: 60_000,
  // A first run fetches the servers (about 200 MB).
  hookTimeout: 300_000,
};

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
          exclude: [serverTests, campaigns],
          pool: 'forks',
          testTimeout: 30_000,
        },
      },
      { test: { name: 'server', include: [serverTests], ...onServers } },
      { test: { name: 'campaign', include: [campaigns], ...onServers } },
    ],
  },
});
