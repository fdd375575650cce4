import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Files whose tests run servers and clients in real time. */
const LIVE = 'test/**/*.live.test.ts'

/** Those that measure times, for which they need the processors. */
const TIMED = 'test/**/*.timed.test.ts'

/** Files that replace modules, which must not be seen by others. */
const MOCKED = 'test/**/*.mocked.test.ts'

/** Only a test that depends on real time may be tried again. */
const retry = process.env.CI ? 2 : 0

/** One more than processors, because many tests wait for servers and commands. */
const maxWorkers = availableParallelism() + 1

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    setupFiles: ['test/node-host.ts', 'test/seed.ts', 'test/plain-text.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // what is waited for may come late on a loaded machine; the default is one second
    // a test without an assertion fails
    expect: { poll: { timeout: 60_000 }, requireAssertions: true },
    // the built command is run as it is
    server: { deps: { external: [/\/dist\/chunks\//] } },
    coverage: { include: ['src/**'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'exact',
          include: ['test/**/*.test.ts'],
          exclude: [LIVE, TIMED, MOCKED],
          // the files of a worker share its modules: loading them for each file takes a quarter of the time
          isolate: false,
          maxWorkers,
        },
      },
      {
        extends: true,
        test: { name: 'mocked', include: [MOCKED], maxWorkers },
      },
      {
        extends: true,
        test: { name: 'live', include: [LIVE], isolate: false, retry, maxWorkers },
      },
      {
        extends: true,
        test: {
          name: 'timed',
          include: [TIMED],
          isolate: false,
          retry,
          // after all other tests and one by one
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
        },
      },
    ],
  },
})
