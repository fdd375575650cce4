import { Gauge, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { warnOfFewFiles } from '../../../src/serve/router/open-files.ts'

/** What a router is warned of under a limit of open files; undefined: the system does not tell it. */
async function warned(maxFiles: number | undefined): Promise<unknown[]> {
  const registry = new Registry()
  if (maxFiles !== undefined) {
    new Gauge({ name: 'process_max_fds', help: 'x', registers: [registry] }).set(maxFiles)
  }
  const told: unknown[] = []
  await warnOfFewFiles(
    registry,
    { maxConnections: 1_000, servers: 20 },
    { warn: (...line) => told.push(line) },
  )
  return told
}

test('a limit of files that clients and servers may reach is told with its cure', async () => {
  expect(await warned(1_119)).toEqual([
    [
      { maxFiles: 1_119, maxConnections: 1_000, servers: 20 },
      expect.stringMatching(/too few files: raise the limit .*ulimit -n.*, or lower --max-connections/),
    ],
  ])
})

test('nothing is told of a limit that suffices, or that is unknown', async () => {
  expect(await warned(1_120)).toEqual([])
  expect(await warned(undefined)).toEqual([])
})
