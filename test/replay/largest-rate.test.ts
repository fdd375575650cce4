import { expect, test } from 'vitest'
import { largestRate } from '../../src/replay/largest-rate.ts'
import type { Repetition } from '../../src/replay/repetition.ts'

/** A repetition that holds up to a rate, and the rates that are tried. */
function upTo(limit: number, { bound = 100, firstRate = 40, instances = 4 } = {}) {
  const tried: number[] = []
  const trials = {
    async holds(_repetition: Repetition, rate: number) {
      tried.push(rate)
      return rate <= limit
    },
  }
  const repetition = { bound: () => bound, firstRate, instances } as Repetition
  return { tried, find: (resolution?: number) => largestRate(trials, repetition, resolution) }
}

test.each([
  ['near the bound', 97, {}],
  ['far below the bound', 0.01, {}],
  ['above the bound', 250, {}],
  ['where there is no bound', 97, { bound: 0 }],
  ['of many instances', 99, { instances: 49 }],
])('the largest rate is found to half a percent: %s', async (_, limit, given) => {
  const { tried, find } = upTo(limit, given)
  const { rate, refused, replays } = await find()
  expect(rate).toBeLessThanOrEqual(limit)
  expect(refused).toBeGreaterThan(limit)
  expect(refused / rate).toBeLessThanOrEqual(1.005)
  expect(replays).toBe(tried.length)
})

test('another resolution takes fewer replays', async () => {
  const [fine, coarse] = [await upTo(60).find(), await upTo(60).find(0.05)]
  expect(coarse.refused / coarse.rate).toBeLessThanOrEqual(1.05)
  expect(coarse.replays).toBeLessThan(fine.replays)
})

test('the first rate is near the bound, where most policies come to', async () => {
  const firstOf = async (given: object) => {
    const { tried, find } = upTo(60, given)
    await find()
    return tried[0]
  }
  expect(await firstOf({})).toBe(97)
  expect(await firstOf({ instances: 49 })).toBe(99)
  // without a bound half of the rate at which all are always busy
  expect(await firstOf({ bound: 0 })).toBe(20)
})

test('where no rate holds, the lowest one that was tried is told', async () => {
  const { tried, find } = upTo(0)
  expect(await find()).toEqual({ rate: 0, refused: Math.min(...tried), replays: tried.length })
})

test('queries that any rate serves in time are too few', async () => {
  await expect(upTo(Infinity).find()).rejects.toThrow(
    /^queries: are so few that any rate is allowed; ask for more/,
  )
})
