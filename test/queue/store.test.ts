import type { Queue } from 'bullmq'
import { expect, test } from 'vitest'
import { findJobs, type JobStore, removeJobs, retryJob } from '../../src/queue/store.ts'

/** An error of BullMQ. */
const failing = (code: number) => Object.assign(new Error('no'), { code })

/** Tries a job again, which the server refuses with a code. */
const retryRefused = (code: number) => {
  const queue = { getJob: async () => ({ retry: () => Promise.reject(failing(code)) }) }
  return retryJob(queue as unknown as Queue, 'a')
}

test('a job that is gone, or has not failed, is not tried again; other errors are passed on', async () => {
  await retryRefused(-1)
  await retryRefused(-3)
  await expect(retryRefused(-2)).rejects.toThrow('no')
})

/** The state of a job for which the server answers this. */
async function foundAs(...reply: [Error | null, (string | null)[]]) {
  const pipeline = { hmget: () => undefined, exec: async () => [reply] }
  const store = { queue: { toKey: (id: string) => id }, redis: { pipeline: () => pipeline } }
  const [job] = await findJobs(store as unknown as JobStore, ['a'])
  return job
}

test('a job that is tried again has not failed; one that cannot be read is no missing one', async () => {
  expect(await foundAs(null, ['1', null, null, 'no memory'])).toEqual({})
  expect(await foundAs(null, ['1', '2', null, 'no memory'])).toEqual({ failedReason: 'no memory' })
  expect(await foundAs(null, ['1', '2', '"done"', null])).toEqual({ result: 'done' })
  expect(await foundAs(null, [null, null, null, null])).toBeUndefined()
  await expect(foundAs(new Error('WRONGTYPE'), [null, null, null, null])).rejects.toThrow('WRONGTYPE')
})

test('only jobs that have not ended are removed, and one that cannot be removed stays', async () => {
  const ends: Record<string, string> = { a: 'waiting', b: 'failed', c: 'completed' }
  const removed: string[] = []
  const getJob = async (id: string) =>
    ends[id] && {
      isFailed: async () => ends[id] === 'failed',
      isCompleted: async () => ends[id] === 'completed',
      async remove() {
        removed.push(id)
        throw failing(-2)
      },
    }
  await removeJobs({ getJob } as unknown as Queue, ['a', 'b', 'c', 'd'])
  expect(removed).toEqual(['a'])
})
