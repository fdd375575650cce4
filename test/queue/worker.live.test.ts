/** How many jobs a worker does at a time, and what becomes of them when it ends at once. */
import { expect, test } from 'vitest'
import { queueStatus, readWorkload, startQueueWorker } from '../../src/index.ts'
import { background } from '../cli/background.ts'
import { temporaryFolder } from '../cli/kairos.ts'
import { opened, working } from './queue-ends.ts'
import { startRedis } from './redis.ts'

const workload = await readWorkload('rm2')

/** Jobs that take half a second or more each. */
const jobsOf = (count: number) =>
  Array.from({ length: count }, (_, seed) => ({
    ...({ kind: 'largest-rate', workload, arrivals: 'poisson', seed } as const),
    ...{ types: ['g4dn.xlarge', 'r5n.large'], counts: [1, 4], queries: 50_000 },
  }))

test('a worker that is abandoned ends in the middle of its jobs, which another does', async () => {
  const { url } = await startRedis()
  const { jobs } = await opened(url)
  const first = await working(url, { leaseSeconds: 1 })
  const set = jobs.submit(jobsOf(3))
  const state = async () => (await queueStatus(url)).versions[0]
  // two at a time
  await expect.poll(state, { interval: 20 }).toMatchObject({ running: 2, waiting: 1 })
  await first.abandon()
  expect(await state()).toMatchObject({ running: 2, waiting: 1, done: 0 })
  const second = await working(url, { leaseSeconds: 1 })
  expect(await set.collect()).toHaveLength(3)
  expect([first.done, second.done]).toEqual([0, 3])
})

test('a worker is seen before anyone submits a job', async () => {
  const { url } = await startRedis()
  const worker = await working(url)
  expect(worker.concurrency).toBe(2)
  const { version } = worker
  const versions = [{ version, workers: 1, waiting: 0, running: 0, done: 0 }]
  await expect.poll(() => queueStatus(url)).toMatchObject({ version, versions })
})

test('the command says at its end how many jobs it did', async () => {
  const { url } = await startRedis()
  const worker = background(['worker', '--queue', url], temporaryFolder())
  const { jobs } = await opened(url)
  const [job] = jobsOf(1)
  await jobs.submit([{ ...job, queries: 1000 }]).collect()
  expect(await worker.end('SIGTERM')).toBe(0)
  expect(worker.stderr).toMatch(/\n1 job done\n$/)
})

test.each([
  ['concurrency', [0, 1.5, 1025]],
  ['leaseSeconds', [0, 0.5, 86_401]],
])('refuses %s of %j before it connects', async (field, values) => {
  for (const value of values) {
    const started = startQueueWorker('redis://127.0.0.1:1', { [field]: value })
    await expect(started).rejects.toMatchObject({ code: 'BAD_USAGE', place: { field } })
  }
})
