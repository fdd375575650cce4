import { expect, test } from 'vitest'
import { openJobs } from '../../src/queue/open-jobs.ts'
import { pack } from '../../src/queue/pack.ts'
import type { EncodedJob } from '../../src/queue/wire.ts'

const encoded = (id: string) =>
  ({ id, data: { kind: 'replay', counts: [1, 2], policy: 'fcfs', seed: 3 } }) as unknown as EncodedJob

test('a job that is asked for twice has its result in both places, and counts twice', () => {
  const jobs = openJobs<number>(5)
  const [a, b, c] = ['a', 'b', 'c'].map(encoded)
  jobs.add([a, b, a, c, c])
  expect(jobs.size).toBe(3)
  jobs.settle(a, { result: pack({ result: 7 }) }, true)
  expect(jobs.results).toEqual([7, undefined, 7, undefined, undefined])
  expect(jobs.progress).toEqual({ total: 5, done: 2, found: 2, failed: 0 })
  // not done yet: it stays open
  jobs.settle(b, {}, false)
  expect(jobs.ids()).toEqual(['b', 'c'])
  jobs.settle(b, { result: pack({ result: 8 }) }, false)
  jobs.settle(c, { failedReason: 'no memory' }, false)
  expect(jobs.progress).toEqual({ total: 5, done: 3, found: 2, failed: 2 })
  expect(jobs.failures).toEqual(['replay of 1,2 under fcfs, seed 3: no memory'])
  expect(jobs.size).toBe(0)
})

test('polls reach every open job in turn; a job with an event comes before them', () => {
  const jobs = openJobs(1200)
  jobs.add(Array.from({ length: 1200 }, (_, i) => encoded(`job ${i}`)))
  expect([jobs.touch('job 700'), jobs.touch('another')]).toEqual([true, false])
  expect([jobs.hasEvents, jobs.nextIds(), jobs.hasEvents]).toEqual([true, ['job 700'], false])
  const polled = [1, 2, 3].flatMap(() => jobs.nextIds())
  expect(polled).toHaveLength(1500)
  expect(new Set(polled).size).toBe(1200)
})
