import { defineConfig } from 'vitest/config'

/** Files whose tests run servers and clients in real time, on a machine that other work shares. */
const LIVE = 'test/**/*.live.test.ts'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    setupFiles: ['test/node-host.ts', 'test/seed.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // what is waited for may come late on a loaded machine; the default is one second
    expect: { poll: { timeout: 60_000 } },
    coverage: { include: ['src/**'] },
    projects: [
      {
        extends: true,
        test: { name: 'exact', include: ['test/**/*.test.ts'], exclude: [LIVE], maxWorkers: '100%' },
      },
      {
        extends: true,
        test: {
          name: 'live',
          include: [LIVE],
          // only a test that depends on real time may be tried again
          retry: process.env.CI ? 2 : 0,
          // after all other tests and one by one, because these need the processor for themselves
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
        },
      },
    ],
  },
})
