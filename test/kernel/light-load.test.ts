import { describe, expect, it } from 'vitest'
import type { DispatchRule } from '../../src/kernel/rules.ts'
import { backends } from './backends.ts'
import { fleetOf, priced, starts } from './two-types.ts'

describe.each(backends)('rules under light load, %s', (_, kernel) => {
  describe.each(['priced', 'flow'] as const)('%s', (kind) => {
    /** One fast and three slow instances: these are cheaper for a small query. Half of the weights may be busy. */
    const light = (lightLoad: number, lightGapMs = 0, guardMs = priced.guardMs) => {
      const { looseCost, missCost, longestLateMs, ...shared } = { ...priced, guardMs }
      const rule: DispatchRule =
        kind === 'flow'
          ? { ...shared, kind, lateShare: 0, lightLoad, lightGapMs }
          : { ...shared, kind, looseCost, missCost, longestLateMs, lightLoad, lightGapMs }
      return kernel.createDispatcher(fleetOf(rule, 1, 0, 1, 1))
    }

    it('starts a query where it finishes first, although that costs more', () => {
      const dispatcher = light(0.6)
      dispatcher.arrive(1, 0, 0)
      expect(starts(dispatcher, 0)).toEqual([[1, 1]])
      const never = light(-1)
      never.arrive(1, 0, 0)
      expect(starts(never, 0)).toEqual([[1, 0]])
    })

    it('needs gaps between arrivals that are long enough by the mean of their roots, each with a weight of 1/64', () => {
      for (const [lightGapMs, instance] of [
        [1.99, 1],
        [2.01, 0],
      ]) {
        const dispatcher = light(0.6, lightGapMs)
        dispatcher.arrive(1, 0, 0)
        expect(starts(dispatcher, 0)).toEqual([[1, 0]])
        dispatcher.complete(0, 4)
        // of Poisson arrivals the square of the mean root is pi / 4 of the mean gap, here of 2 ms
        const nextMs = 64 ** 2 * 2 * (Math.PI / 4)
        dispatcher.arrive(2, 0, nextMs)
        expect(starts(dispatcher, nextMs)).toEqual([[2, instance]])
      }
    })

    it('forgets no gap before the 64th, and of the longer mean none before the 512th', () => {
      const gaps = Array.from({ length: 800 }, (_, i) => 40 + ((i * 7919) % 97) - (i % 400 < 90 ? 30 : 0))
      for (const count of [60, 64, 65, 66, 100, 511, 513, 800]) {
        let [few, many] = [0, 0]
        gaps.slice(0, count).forEach((gap, i) => {
          few += (Math.sqrt(gap) - few) / 64
          many += (Math.sqrt(gap) - many) / Math.min(512, Math.max(64, i + 1))
        })
        const steadyMs = (4 / Math.PI) * Math.min(few, many) ** 2
        for (const [share, instance] of [
          [1 - 1e-9, 1],
          [1 + 1e-9, 0],
        ]) {
          const dispatcher = light(0.6, share * steadyMs)
          let nowMs = 0
          dispatcher.arrive(0, 0, nowMs)
          gaps.slice(0, count).forEach((gap, i) => {
            nowMs += gap
            dispatcher.cancel(i)
            dispatcher.arrive(i + 1, 0, nowMs)
          })
          expect(starts(dispatcher, nowMs)).toEqual([[count, instance]])
        }
      }
    })

    it('is not light where queries come in bursts, however far these are apart', () => {
      const startOfLast = (apartMs: (i: number) => number, isRepeated = false, queries = 300) => {
        const dispatcher = light(0.6, 20)
        let nowMs = 0
        for (let i = 0; i < queries; i++) {
          dispatcher.cancel(i - 1)
          nowMs += apartMs(i)
          dispatcher.arrive(i, 0, nowMs)
          // one that is tried again has arrived before
          if (isRepeated && dispatcher.cancel(i)) dispatcher.arrive(i, 0, nowMs - 1)
        }
        return starts(dispatcher, nowMs)
      }
      expect(startOfLast(() => 30)).toEqual([[299, 1]])
      expect(startOfLast(() => 30, true)).toEqual([[299, 1]])
      expect(startOfLast((i) => (i % 10 === 0 ? 300 : 0))).toEqual([[299, 0]])
      // nor in the pause after a long burst
      expect(startOfLast((i) => (i % 180 < 100 ? 0 : 60), false, 720)).toEqual([[719, 0]])
      expect(startOfLast((i) => (i < 100 ? 0 : 60), false, 720)).toEqual([[719, 1]])
    })

    it('waits for a busy instance that finishes first, and takes another one where that does', () => {
      const dispatcher = light(1.2)
      dispatcher.arrive(1, 0, 0)
      expect(starts(dispatcher, 0)).toEqual([[1, 1]])
      // 1 + 2 on the fast one, 4 on a slow one; then 3 + 2 behind it, and 4
      dispatcher.arrive(2, 0, 1)
      dispatcher.arrive(3, 0, 1)
      expect(starts(dispatcher, 1)).toEqual([[3, 0]])
      expect(dispatcher.pending).toBe(1)
      dispatcher.complete(1, 2)
      expect(starts(dispatcher, 2)).toEqual([[2, 1]])
    })

    it('counts the weights of busy instances, and the mean weight for each pending query', () => {
      // all weigh 1.75; the fast one is busy, and one query is pending: 1 + 1.75 / 4
      for (const [lightLoad, instance] of [
        [0.83, 1],
        [0.82, 0],
      ]) {
        const dispatcher = light(lightLoad)
        dispatcher.hold(1, 0, 1)
        dispatcher.arrive(1, 0, 0)
        // 1 + 2 on the fast one, 4 on the slow one, which costs less
        expect(starts(dispatcher, 0)).toEqual(instance === 1 ? [] : [[1, 0]])
      }
      // 1.75 / 4 alone is a quarter of them exactly
      for (const [lightLoad, instance] of [
        [0.25, 1],
        [0.249, 0],
      ]) {
        const dispatcher = light(lightLoad)
        dispatcher.arrive(1, 0, 0)
        expect(starts(dispatcher, 0)).toEqual([[1, instance]])
      }
    })

    it('starts a query where it is in time to the last moment', () => {
      for (const [ageMs, instance] of [
        [14, 1],
        [14.1, 0],
      ]) {
        // the fast one has the longer guard for a small query
        const dispatcher = light(0.6, 0, Float64Array.of(6, 9, 3, 40))
        dispatcher.arrive(1, 0, -ageMs)
        expect(starts(dispatcher, 0)).toEqual([[1, instance]])
      }
    })

    it('passes over instances on which the query is not in time by its guard', () => {
      const dispatcher = light(1)
      dispatcher.hold(1, 0, 12)
      dispatcher.arrive(1, 1, 0)
      // 20 - 12 - 9 < 0 on the fast one, 20 - 40 < 0 on the slow ones: the rule decides, and waits for the fast one
      expect(starts(dispatcher, 0)).toEqual([])
      dispatcher.arrive(2, 0, 0)
      // the small query behind it goes on by the rule, too
      expect(starts(dispatcher, 0)).toEqual([[2, 0]])
    })
  })
})
