import { expect, test } from 'vitest'
import { route } from './live.ts'

test('a router that may have more connections than open files says so at the start', async () => {
  const warnings: unknown[] = []
  const ignore = () => undefined
  const log = { debug: ignore, info: ignore, warn: (...line: unknown[]) => warnings.push(line) }
  // Linux allows a process fewer files
  const maxConnections = 2 ** 31 - 1
  await route({ fleet: [], maxConnections, log })
  expect(warnings).toEqual([
    [
      { maxFiles: expect.any(Number), maxConnections, servers: 0 },
      expect.stringMatching(/^the router may open too few files: raise the limit/),
    ],
  ])
})
