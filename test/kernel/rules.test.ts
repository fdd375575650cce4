import { describe, expect, it } from 'vitest'
import type { DispatchRule, PricedRule } from '../../src/kernel/rules.ts'
import { backends } from './backends.ts'
import { fleetOf, MEANS, priced, starts } from './two-types.ts'

describe.each(backends)('rules, %s', (_, kernel) => {
  const over = (rule: DispatchRule, ...instanceType: number[]) =>
    kernel.createDispatcher(fleetOf(rule, ...instanceType))

  describe('priced', () => {
    /** After many large queries on the fast type, instance 1, that took so long; the slow one is instance 0. */
    const taught = (rule: PricedRule, tookMs: number, dispatcher = over(rule, 1, 0)) => {
      let nowMs = 0
      for (let query = 0; query < 6000; query++) {
        dispatcher.arrive(query, 1, nowMs)
        expect(starts(dispatcher, nowMs)).toEqual([[query, 1]])
        nowMs += tookMs
        expect(dispatcher.complete(1, nowMs)).toBeCloseTo(tookMs, 6)
      }
      /** What starts of a large query that comes while another has been served for so long. */
      const behind = (servedMs: number) => {
        dispatcher.arrive(9000, 1, nowMs)
        expect(starts(dispatcher, nowMs)).toEqual([[9000, 1]])
        dispatcher.arrive(9001, 1, nowMs + servedMs)
        return starts(dispatcher, nowMs + servedMs)
      }
      /** What starts of a large query that has waited for so long. */
      const aged = (ageMs: number) => {
        dispatcher.arrive(9000, 1, nowMs - ageMs)
        return starts(dispatcher, nowMs)
      }
      return { behind, aged }
    }
    // quantiles that say twice as much as the means
    const half: PricedRule = { ...priced, typicalMs: MEANS.map((ms) => 2 * ms) }

    it('learns what is left of a query: it is waited for as long as that is in time', () => {
      // 20 - (8 - 2) - 9 >= 0
      expect(taught(priced, 8).behind(2)).toEqual([])
      // 20 - (16 - 2) - 9 < 0, whatever the guard is: there is no hope on either, and the slow one comes first
      expect(taught(priced, 16).behind(2)).toEqual([[9001, 0]])
      expect(taught(half, 16).behind(2)).toEqual([[9001, 0]])
    })

    it('learns what to guard against, unless its quantiles were right', () => {
      // 20 - 10 - 9 >= 0
      expect(taught(priced, 8).aged(10)).toEqual([[9000, 1]])
      // 20 - 10 - 18 < 0 and 20 - 10 - 16 < 0
      expect(taught(priced, 16).aged(10)).toEqual([[9000, 0]])
      expect(taught(half, 16).aged(10)).toEqual([[9000, 1]])
    })

    it('does not learn where it is told not to', () => {
      const dispatcher = kernel.createDispatcher({ ...fleetOf(priced, 1, 0), learns: 'nothing' })
      // what `taught(priced, 16)` would pass on: 20 - 10 - 9 >= 0
      expect(taught(priced, 16, dispatcher).aged(10)).toEqual([[9000, 1]])
    })

    it('goes by the quantiles of its last tuning', () => {
      const dispatcher = over(priced, 1, 0)
      dispatcher.retune(half)
      expect(taught(half, 16, dispatcher).aged(10)).toEqual([[9000, 1]])
    })

    it('knows what an instance serves when others come and go', () => {
      for (const joins of [1, 40]) {
        const dispatcher = over(priced, 1, 0)
        dispatcher.leave(0)
        dispatcher.arrive(1, 1, 0)
        expect(starts(dispatcher, 0)).toEqual([[1, 1]])
        for (let n = 0; n < joins; n++) dispatcher.join(1)
        // a large query takes the 8 that it should: had it been a small one, of 2, the pace would be 4 / 3
        dispatcher.complete(1, 8)
        dispatcher.arrive(2, 1, 10)
        expect(starts(dispatcher, 20)).toEqual([[2, 1]])
      }
    })

    it('believes its table at first, and forgets it', () => {
      const dispatcher = over(priced, 1, 0)
      const served = (from: number, queries: number) => {
        for (let query = from; query < from + queries; query++) {
          dispatcher.arrive(query, 1, 100 * query)
          starts(dispatcher, 100 * query)
          dispatcher.complete(1, 100 * query + 16)
        }
        dispatcher.arrive(9000 + from, 1, 100 * (from + queries) - 10)
        const [[, instance]] = starts(dispatcher, 100 * (from + queries))
        dispatcher.complete(instance, 100 * (from + queries) + 16)
        return instance
      }
      // 10 - 9 >= 0 by the table; a pace of (2 x 8 + 20 x 16) / (2 x 8 + 20 x 8) leaves 10 - 8 x 1.9 < 0
      expect(served(0, 0)).toBe(1)
      expect(served(10, 20)).toBe(0)
    })

    it('places queries where they waste least', () => {
      const dispatcher = over(priced, 0, 1, 1)
      dispatcher.arrive(1, 0, 0)
      dispatcher.arrive(2, 1, 0)
      expect(starts(dispatcher, 0)).toEqual([
        [1, 1],
        [2, 0],
      ])
    })

    it('waits for a busy instance while that is cheaper and in time', () => {
      const dispatcher = over(priced, 0, 1)
      dispatcher.arrive(1, 1, 0)
      expect(starts(dispatcher, 0)).toEqual([[1, 0]])
      dispatcher.arrive(2, 1, 0)
      // 8 left and a guard of 9 of slack 20: in time, the slow one is not
      expect(starts(dispatcher, 0)).toEqual([])
      // at 4 the small one costs 0.25 x 0 on the slow one, 1 + 4 on the fast
      dispatcher.arrive(3, 0, 4)
      expect(starts(dispatcher, 4)).toEqual([[3, 1]])
    })

    it('lets a query wait that is late on an idle instance, but in time behind the one that a busy one serves next', () => {
      const waiting = (servedMs: number) => {
        const dispatcher = over(priced, 0, 1)
        dispatcher.arrive(1, 1, 0)
        expect(starts(dispatcher, 0)).toEqual([[1, 0]])
        for (const query of [2, 3]) dispatcher.arrive(query, 1, servedMs)
        return { dispatcher, started: starts(dispatcher, servedMs) }
      }
      // 2 left, 8 for the second, and a guard of 9 of slack 20
      const { dispatcher, started } = waiting(6)
      expect(started).toEqual([])
      dispatcher.complete(0, 8)
      expect(starts(dispatcher, 8)).toEqual([[2, 0]])
      dispatcher.complete(0, 16)
      expect(starts(dispatcher, 16)).toEqual([[3, 0]])
      // 4 left: the third would be late there too
      expect(waiting(4).started).toEqual([[3, 1]])
    })

    it('takes a pair that is in time by the guard before one by the loose guard, and that before one by neither', () => {
      // slack 4.5: less than a guard of 6 on the slow one, more than its loose guard of 4; safe on the fast one
      const both = over(priced, 0, 1)
      both.arrive(1, 0, 0)
      expect(starts(both, 15.5)).toEqual([[1, 0]])
      // the fast one serves another until 16.5: 3.5 left then, by the loose guard on either, and the first wins the tie
      const busy = over(priced, 0, 1)
      busy.arrive(9, 1, 0)
      expect(starts(busy, 0)).toEqual([[9, 0]])
      busy.arrive(1, 0, 0.5)
      // slack 4.5 and 0 left on the fast one by expectation: it is waited for
      expect(starts(busy, 16)).toEqual([])
      const slow = over(priced, 1)
      slow.arrive(1, 0, 0)
      expect(starts(slow, 15.5)).toEqual([[1, 0]])
    })

    it('lets late queries stand aside until the others have chosen', () => {
      const dispatcher = over(priced, 1)
      dispatcher.arrive(1, 0, 0)
      dispatcher.arrive(2, 0, 15)
      expect(starts(dispatcher, 20)).toEqual([[2, 0]])
      dispatcher.complete(0, 24)
      expect(starts(dispatcher, 24)).toEqual([[1, 0]])
    })

    it('starts a late query on the instance that suits it, and waits for that', () => {
      const dispatcher = over(priced, 0, 1)
      dispatcher.arrive(1, 1, 0)
      expect(starts(dispatcher, 0)).toEqual([[1, 0]])
      dispatcher.arrive(2, 1, -30)
      dispatcher.arrive(3, 0, -30)
      // at 6 the fast one is expected in 2: 1 x 2 against 3 on the slow one; the small one costs nothing there
      expect(starts(dispatcher, 6)).toEqual([[3, 1]])
      expect(dispatcher.pending).toBe(1)
    })

    it('starts late queries on other instances once more of them wait than there are instances', () => {
      const dispatcher = over(priced, 0, 1)
      dispatcher.arrive(1, 1, 0)
      expect(starts(dispatcher, 0)).toEqual([[1, 0]])
      dispatcher.arrive(2, 1, -30)
      dispatcher.arrive(3, 1, -30)
      expect(starts(dispatcher, 6)).toEqual([])
      dispatcher.arrive(4, 1, -30)
      // 1 x 2 against 3 for the second; the third would be behind it, 1 x (2 + 8) against 3
      expect(starts(dispatcher, 6)).toEqual([[3, 1]])
    })

    it('prefers those that have waited longer where not all find an instance', () => {
      const dispatcher = over({ ...priced, weight: Float64Array.of(1, 1) }, 1)
      for (const query of [1, 2, 3]) dispatcher.arrive(query, 0, query)
      expect(starts(dispatcher, 4)).toEqual([[1, 0]])
    })

    it('keeps track of which are in time when queries come back, are given up and grow old', () => {
      const dispatcher = over(priced, 1)
      for (const query of [1, 2, 3, 4]) dispatcher.arrive(query, 0, query)
      expect(starts(dispatcher, 4)).toEqual([[1, 0]])
      dispatcher.complete(0, 22.5)
      // 2 is late, 3 and 4 are not
      expect(dispatcher.cancel(3)).toBe(true)
      dispatcher.arrive(5, 0, 3.5)
      // neither can be in time: alike, and the last of equal columns that is scanned is the first
      expect(starts(dispatcher, 22.5)).toEqual([[5, 0]])
      dispatcher.complete(0, 60)
      expect(starts(dispatcher, 60)).toEqual([[2, 0]])
      dispatcher.complete(0, 61)
      expect(starts(dispatcher, 61)).toEqual([[4, 0]])
    })
  })

  describe('deadline', () => {
    const rule: DispatchRule = { kind: 'deadline', qosMs: 20 }

    it('takes the latest start that comes first, which is not the oldest query', () => {
      const dispatcher = over(rule, 0)
      dispatcher.arrive(1, 0, 0)
      dispatcher.arrive(2, 1, 5)
      // 0 + 20 - 2 against 5 + 20 - 8
      expect(starts(dispatcher, 5)).toEqual([[2, 0]])
    })

    it('starts at the last moment', () => {
      const dispatcher = over(rule, 0, 1)
      dispatcher.arrive(1, 0, 0)
      dispatcher.arrive(2, 0, -30)
      // 0 + 20 - 2 is now; the slow one has none that it can serve in time
      expect(starts(dispatcher, 18)).toEqual([
        [1, 0],
        [2, 1],
      ])
    })

    it('leaves a query to the type that serves it in time', () => {
      const dispatcher = over(rule, 1, 0)
      dispatcher.arrive(1, 1, 0)
      expect(starts(dispatcher, 0)).toEqual([[1, 1]])
      dispatcher.arrive(2, 1, 1)
      expect(starts(dispatcher, 1)).toEqual([])
      // and serves it anywhere when that is over: 1 + 20 - 8 < 13.5
      expect(starts(dispatcher, 13)).toEqual([])
      expect(starts(dispatcher, 13.5)).toEqual([[2, 0]])
    })

    it('serves those in time before those that are late', () => {
      const dispatcher = over(rule, 1)
      dispatcher.arrive(1, 0, 0)
      dispatcher.arrive(2, 0, 20)
      expect(starts(dispatcher, 21)).toEqual([[2, 0]])
      dispatcher.complete(0, 25)
      expect(starts(dispatcher, 25)).toEqual([[1, 0]])
    })

    it('takes the older of two with the same latest start, with batches too', () => {
      const sizes = { batchSize: Float64Array.of(10, 20), largest: Float64Array.of(20, 20) }
      for (const each of [rule, { kind: 'urgent', qosMs: 20, ...sizes } as const]) {
        const dispatcher = over(each, 0)
        dispatcher.arrive(1, 0, 0)
        dispatcher.arrive(2, 1, 6)
        // 0 + 20 - 2 and 6 + 20 - 8; 20 - 6.1 - 2 and 26 - 6.1 - 8 differ in doubles
        expect(starts(dispatcher, 6.1)).toEqual([[1, 0]])
      }
    })
  })

  describe('completion', () => {
    it('goes where a query finishes first, behind those before it', () => {
      const dispatcher = over({ kind: 'completion', drawn: 0, seed: 0 }, 1, 0)
      for (const query of [1, 2, 3, 4]) dispatcher.arrive(query, 0, 0)
      // 2 on the fast one; 4 on either, the first; 6 behind on the fast one; 8 on either
      expect(starts(dispatcher, 0)).toEqual([
        [1, 1],
        [2, 0],
      ])
      dispatcher.complete(1, 2)
      expect(starts(dispatcher, 2)).toEqual([[3, 1]])
    })

    it('looks at two queries for each instance', () => {
      const dispatcher = over({ kind: 'completion', drawn: 0, seed: 0 }, 0, 1)
      // four finish on the fast one after 8 to 32 ms, and on the slow one after 32; the fifth would be sooner there
      for (const query of [1, 2, 3, 4, 5]) dispatcher.arrive(query, 1, 0)
      expect(starts(dispatcher, 0)).toEqual([[1, 0]])
    })

    it('asks two that are drawn for each query, the same ones every time', () => {
      const choice = (query: number, seed: number) => {
        const dispatcher = over({ kind: 'completion', drawn: 2, seed }, 1, 1, 1, 1, 0)
        dispatcher.arrive(query, 0, 0)
        return starts(dispatcher, 0)[0][1]
      }
      const queries = Array.from({ length: 400 }, (_, query) => query)
      const chosen = queries.map((query) => choice(query, 7))
      expect(queries.map((query) => choice(query, 7))).toEqual(chosen)
      expect(queries.map((query) => choice(query, 8))).not.toEqual(chosen)
      // the fast one is drawn for two queries in five, and then chosen; the others share the rest
      const counts = [0, 1, 2, 3, 4].map((instance) => chosen.filter((other) => other === instance).length)
      expect(counts[4]).toBeGreaterThan(130)
      expect(counts[4]).toBeLessThan(190)
      for (const count of counts.slice(0, 4)) expect(count).toBeGreaterThan(35)
      const alone = over({ kind: 'completion', drawn: 2, seed: 0 }, 0)
      alone.arrive(-5, 0, 0)
      expect(starts(alone, 0)).toEqual([[-5, 0]])
    })
  })

  describe('partition', () => {
    const rule: DispatchRule = {
      kind: 'partition',
      groupOfType: Float64Array.of(1, 0),
      groupOfBin: Float64Array.of(0, 1),
    }

    it('serves each group for itself, in order of arrival', () => {
      const dispatcher = over(rule, 0, 1, 1)
      dispatcher.arrive(1, 1, 0)
      dispatcher.arrive(2, 1, 0)
      dispatcher.arrive(3, 0, 0)
      expect(starts(dispatcher, 0)).toEqual([
        [1, 0],
        [3, 1],
      ])
      dispatcher.arrive(4, 0, 1)
      expect(starts(dispatcher, 1)).toEqual([[4, 2]])
      dispatcher.complete(0, 9)
      expect(starts(dispatcher, 9)).toEqual([[2, 0]])
    })

    it('looks at 1,024 queries', () => {
      const dispatcher = over(rule, 0, 1)
      for (let query = 0; query <= 1024; query++) dispatcher.arrive(query, 1, 0)
      expect(starts(dispatcher, 0)).toEqual([[0, 0]])
      dispatcher.arrive(5000, 0, 0)
      expect(starts(dispatcher, 0)).toEqual([])
      dispatcher.cancel(7)
      expect(starts(dispatcher, 0)).toEqual([[5000, 1]])
    })
  })
})
