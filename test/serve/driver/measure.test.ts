import { describe, expect, test } from 'vitest'
import { measureLatency } from '../../../src/serve/driver/measure.ts'

describe('rejects', () => {
  const servers = [{ type: 'a', address: '127.0.0.1:1' }]
  test.each([
    ['an empty list of servers', { servers: [], sizes: [1] }, /servers: names no server/],
    [
      'a type that is listed twice',
      { servers: [...servers, ...servers], sizes: [1] },
      /servers: names a twice/,
    ],
    [
      'a server that is none',
      { servers: [null as never], sizes: [1] },
      /servers\[0\]: has no type or no addr/,
    ],
    [
      'a server without an address',
      { servers: [{ type: 'a' } as never], sizes: [1] },
      /servers\[0\]: has no type or no address; \{ type, address \} is expected/,
    ],
    [
      'an address without a port',
      { servers: [{ type: 'a', address: 'localhost' }], sizes: [1] },
      /servers\[0\]\.address: is "localhost"; host:port is expected/,
    ],
    ['an empty list of sizes', { servers, sizes: [] }, /sizes: is empty/],
    [
      'sizes that are not increasing',
      { servers, sizes: [2, 1] },
      /sizes\[1\]: is 1; whole numbers from 1 to/,
    ],
    [
      'a size of more than 31 bits',
      { servers, sizes: [2 ** 31] },
      /2147483648; whole numbers from 1 to 2147483647/,
    ],
    ['a size of text', { servers, sizes: ['1' as never] }, /sizes\[0\]: is "1"; whole numbers/],
    ['a fractional size', { servers, sizes: [0.5] }, /sizes\[0\]: is 0.5/],
    ['too few samples', { servers, sizes: [1], samples: 9 }, /samples: is 9; a whole number >= 10/],
    [
      'levels that do not end at 1',
      { servers, sizes: [1], levels: Float64Array.of(0, 0.5, 0.99) },
      /levels: are 0, 0.5, 0.99; increasing levels from 0 to 1 are expected/,
    ],
    ['a timeout that is not a number', { servers, sizes: [1], timeoutMs: Number.NaN }, /timeoutMs: is NaN/],
    ['a type without a name', { servers: [{ type: '', address: '127.0.0.1:1' }], sizes: [1] }, /has no type/],
    ['rounds that are no list', { servers, sizes: [1], kept: null as never }, /kept: is no list/],
    ['a round that is none', { servers, sizes: [1], kept: [null as never] }, /kept\[0\]: is no round/],
    [
      'a round of other sizes',
      { servers, sizes: [1, 2], kept: [{ type: 'a', samplesMs: [3] }] },
      /kept\[0\]: is no round; a type and 2 times are expected, one for each size/,
    ],
    [
      'a round without a time',
      { servers, sizes: [1], kept: [{ type: 'a', samplesMs: [Number.NaN] }] },
      /kept\[0\]: is no round/,
    ],
    ['a size that is given twice', { servers, sizes: [1, 1] }, /sizes\[1\]: is 1; whole numbers/],
    [
      'a level that is given twice',
      { servers, sizes: [1], levels: Float64Array.of(0, 0.5, 0.5, 1) },
      /levels: are 0, 0.5, 0.5, 1;/,
    ],
    [
      'levels that do not begin at 0',
      { servers, sizes: [1], levels: Float64Array.of(0.1, 1) },
      /levels: are 0.1, 1;/,
    ],
    [
      'levels that are a list',
      { servers, sizes: [1], levels: [0, 1] as never },
      /levels: is no Float64Array/,
    ],
    ['a concurrency of none', { servers, sizes: [1], concurrency: 0 }, /concurrency: is 0/],
    [
      'a cost that is no choice',
      { servers, sizes: [1], clientCost: 'none' as never },
      /clientCost: is "none"/,
    ],
    [
      'a round with a negative time',
      { servers, sizes: [1], kept: [{ type: 'a', samplesMs: [-1] }] },
      /kept\[0\]: is no round/,
    ],
    ['a negative warm-up', { servers, sizes: [1], warmUp: -1 }, /warmUp: is -1/],
  ])('%s', async (_what, options, message) => {
    await expect(measureLatency(options)).rejects.toThrow(message)
  })
})
