import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Files whose tests run servers and clients in real time, on a machine that other work shares. */
const LIVE = 'test/**/*.live.test.ts'

/** Those of them that measure no times. */
const UNTIMED = ['test/queue/*.live.test.ts', 'test/docs/sessions.live.test.ts']

/** Files that replace modules, which must not be seen by others. */
const MOCKED = 'test/**/*.mocked.test.ts'

/** Only a test that depends on real time may be tried again. */
const retry = process.env.CI ? 2 : 0

/** One more than processors, because many tests wait for servers and commands. */
const maxWorkers = availableParallelism() + 1

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
        test: {
          name: 'exact',
          include: ['test/**/*.test.ts'],
          exclude: [LIVE, MOCKED],
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
        test: { name: 'untimed', include: UNTIMED, retry, maxWorkers },
      },
      {
        extends: true,
        test: {
          name: 'live',
          include: [LIVE],
          exclude: UNTIMED,
          retry,
          // after all other tests and one by one, because these need the processor for themselves
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
        },
      },
    ],
  },
})
