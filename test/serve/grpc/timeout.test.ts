import { expect, test } from 'vitest'
import { LONGEST_MS } from '../../../src/model/checks.ts'
import { coarseMs, formatTimeout, parseTimeout } from '../../../src/serve/grpc/timeout.ts'

test.each([1e-6, 20, 99_999_999, 100_000_001, 2.1e9, LONGEST_MS, 1e12, Infinity])(
  'a timer of the client and one of a server can wait for a timeout of %s ms',
  (ms) => {
    const delayMs = coarseMs(ms)
    expect(delayMs).toBeGreaterThanOrEqual(Math.min(ms, LONGEST_MS))
    expect(delayMs).toBeLessThanOrEqual(LONGEST_MS)
    const serverMs = parseTimeout(formatTimeout(delayMs))
    expect(serverMs).toBeGreaterThan(delayMs - 1_000)
    expect(serverMs).toBeLessThanOrEqual(LONGEST_MS)
  },
)
