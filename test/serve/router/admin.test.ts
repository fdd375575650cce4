import { expect, test } from 'vitest'
import { whyNotReady } from '../../../src/serve/router/admin.ts'

test.each([
  ['a server is up', [{ up: 1, refusingMs: 0 }], undefined],
  ['there is no pool', [], 'no server can serve'],
  ['no server is up', [{ up: 0, refusingMs: 0 }], 'no server can serve'],
  ['all is refused', [{ up: 1, refusingMs: 7_800 }], 'all requests have been refused for 7 s'],
  [
    'all is refused for one model, the other has no server',
    [
      { up: 1, refusingMs: 5_000 },
      { up: 0, refusingMs: 0 },
    ],
    'all requests have been refused for 5 s',
  ],
  [
    'one of two models is served',
    [
      { up: 1, refusingMs: 9_000 },
      { up: 1, refusingMs: 0 },
    ],
    undefined,
  ],
])('%s', (_what, pools, expected) => {
  expect(whyNotReady(pools, false)).toBe(expected)
})

test('a router that shuts down is not ready', () => {
  expect(whyNotReady([{ up: 1, refusingMs: 0 }], true)).toBe('shutting down')
})
