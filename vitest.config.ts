import { defineConfig } from 'vitest/config';

/**
 * Limits end what hangs. None of them is a bar on speed: a test takes many times as long on a machine
 * that does other things, and `npm test` does two at once itself.
 */
const WITHOUT_DEPLOYMENT = {
  testTimeout: 120_000,
  hookTimeout: 240_000,
  expect: { poll: { timeout: 30_000 } },
};
const WITH_DEPLOYMENT = {
  testTimeout: 300_000,
  hookTimeout: 600_000,
  expect: { poll: { timeout: 60_000 } },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'test/unit/**/*.test.ts',
            'test/property/**/*.test.ts',
            'test/fuzz/**/*.test.ts',
          ],
          // A file gets its modules from the one before it: loading them took half of the time.
          isolate: false,
          maxWorkers: '100%',
          ...WITHOUT_DEPLOYMENT,
        },
      },
      {
        test: {
          name: 'types',
          include: [],
          typecheck: { enabled: true, only: true, include: ['test/types/**/*.test-d.ts'] },
        },
      },
      {
        test: {
          name: 'infra',
          include: ['test/infra/**/*.test.ts'],
          // Loading the CDK takes seconds: once per worker, not once per file.
          isolate: false,
          maxWorkers: '100%',
          ...WITHOUT_DEPLOYMENT,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          ...WITHOUT_DEPLOYMENT,
        },
      },
      {
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          globalSetup: ['test/support/cloud-setup.ts'],
          maxWorkers: '100%',
          ...WITHOUT_DEPLOYMENT,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          globalSetup: ['test/contract/support/setup.ts'],
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/deployed-setup.ts'],
          fileParallelism: false,
          ...WITH_DEPLOYMENT,
        },
      },
      {
        test: {
          // Each file has a deployment of its own, and waits for most of its time.
          name: 'deployments',
          include: ['test/deployments/**/*.test.ts'],
          globalSetup: ['test/support/cloud-setup.ts'],
          fileParallelism: false,
          ...WITH_DEPLOYMENT,
        },
      },
    ],
  },
});
