/** Sets of jobs on a store in memory: what an abort leaves in the queue at each step of a set. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openSet } from '../../src/queue/job-set.ts'
import type { JobStore } from '../../src/queue/store.ts'
import type { EncodedJob } from '../../src/queue/wire.ts'

const REASON = new Error('enough')

const encoded = (ids: readonly string[]) => ids.map((id) => ({ id, data: { kind: 'trial' } }) as EncodedJob)

/** The commands of Redis and BullMQ that a set uses. @param before is called before each, with its name */
function memoryStore(before: (command: string) => void = () => undefined) {
  const waiting = new Set<string>()
  const queue = {
    toKey: (id: string) => id,
    async addBulk(jobs: readonly { opts: { jobId: string } }[]) {
      before('add')
      for (const { opts } of jobs) waiting.add(opts.jobId)
    },
    getJob: async (id: string) =>
      waiting.has(id) && {
        isFailed: async () => false,
        isCompleted: async () => false,
        remove: async () => waiting.delete(id),
      },
  }
  const redis = {
    pipeline() {
      const ids: string[] = []
      return {
        hmget: (id: string) => ids.push(id),
        async exec() {
          before('find')
          return ids.map((id) => [null, waiting.has(id) ? ['1', null, null, null] : [null, null, null, null]])
        },
      }
    },
  }
  return { store: { queue, redis } as unknown as JobStore, waiting }
}

/** A set of two jobs that is aborted before a step. */
async function abortedBefore(step: string) {
  const controller = new AbortController()
  const steps: string[] = []
  const reach = (name: string) => {
    steps.push(name)
    if (name === step) controller.abort(REASON)
  }
  const { store, waiting } = memoryStore(reach)
  const content = {
    encode: async () => {
      reach('encode')
      return encoded(['a', 'b'])
    },
    // the server has lost its data
    restore: async () => reach('restore'),
  }
  if (step === 'submit') reach('submit')
  const set = openSet(store, 2, content, (error) => error as Error, { signal: controller.signal })
  if (step === 'restore') {
    await expect.poll(() => waiting.size).toBe(2)
    waiting.clear()
  }
  await expect(set.collect()).rejects.toBe(REASON)
  await set.ended
  return { waiting, steps }
}

test.each([
  { step: 'submit', steps: ['submit'] },
  { step: 'encode', steps: ['encode'] },
  { step: 'find', steps: ['encode', 'find'] },
  { step: 'add', steps: ['encode', 'find', 'add'] },
])('leaves no job waiting if it is aborted at the step $step', async ({ step, steps }) => {
  const aborted = await abortedBefore(step)
  expect(aborted.steps).toEqual(steps)
  expect([...aborted.waiting]).toEqual([])
})

test('adds no job again if it is aborted while it restores their content', async () => {
  const { waiting, steps } = await abortedBefore('restore')
  expect(steps.at(-1)).toBe('restore')
  expect([...waiting]).toEqual([])
})

test('removes the jobs of a command that was sent before the set was given up', async () => {
  const { store, waiting } = memoryStore()
  let answer: () => void = () => undefined
  const queue = {
    ...store.queue,
    addBulk: (jobs: readonly { opts: { jobId: string } }[]) =>
      new Promise<void>((resolve) => {
        answer = () => {
          for (const { opts } of jobs) waiting.add(opts.jobId)
          resolve()
        }
      }),
  }
  const controller = new AbortController()
  const content = { encode: async () => encoded(['a', 'b']), restore: async () => undefined }
  const slow = { ...store, queue } as unknown as JobStore
  const set = openSet(slow, 2, content, (error) => error as Error, { signal: controller.signal })
  await nextTurn()
  controller.abort(REASON)
  await expect(set.collect()).rejects.toBe(REASON)
  answer()
  expect([...waiting]).toEqual(['a', 'b'])
  await set.ended
  expect([...waiting]).toEqual([])
})

test('cancels a set whose jobs are being encoded', async () => {
  const commands: string[] = []
  const { store } = memoryStore((command) => commands.push(command))
  let finish: (jobs: readonly EncodedJob[]) => void = () => undefined
  const encode = () =>
    new Promise<readonly EncodedJob[]>((resolve) => {
      finish = resolve
    })
  const set = openSet(store, 1, { encode, restore: async () => undefined }, (error) => error as Error)
  const cancelled = set.cancel()
  await expect(set.collect()).rejects.toMatchObject({ code: 'ABORTED' })
  finish(encoded(['a']))
  await cancelled
  await nextTurn()
  expect(commands).toEqual([])
})

test.each([
  [3, /^3 of 3 jobs failed: (trial of 1 under fcfs, seed 1: no memory; ){3}remove the cause/],
  [
    5,
    /^5 of 5 jobs failed: (trial of 1 under fcfs, seed 1: no memory(; )?){3}, and 2 more; remove the cause/,
  ],
])('of %i jobs that fail an error names three', async (total, message) => {
  const { store, waiting } = memoryStore()
  const pipeline = () => {
    const ids: string[] = []
    return {
      hmget: (id: string) => ids.push(id),
      exec: async () =>
        ids.map((id) => [null, waiting.has(id) ? ['1', '2', null, 'no memory'] : [null, null, null, null]]),
    }
  }
  const data = { kind: 'trial', counts: [1], policy: 'fcfs', seed: 1 }
  const jobs = Array.from({ length: total }, (_, id) => ({ id: `${id}`, data }) as unknown as EncodedJob)
  const content = { encode: async () => jobs, restore: async () => undefined }
  const failing = { ...store, redis: { pipeline } } as unknown as JobStore
  const set = openSet(failing, total, content, (error) => error as Error)
  await expect(set.collect()).rejects.toThrow(message)
})
