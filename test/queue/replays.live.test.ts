/** Many replays on a queue: the same bytes as on threads, with traces that travel once, by their hash. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { metricsOf, queueStatus, replay, type Trace, writeTrace } from '../../src/index.ts'
import { packTrace, unpackTrace } from '../../src/queue/trace-content.ts'
import { background } from '../cli/background.ts'
import { kairos, temporaryFolder } from '../cli/kairos.ts'
import { opened, working } from './queue-ends.ts'
import { startRedis } from './redis.ts'
import { drawn, FLEET, replayJob } from './replay-jobs.ts'

const job = (load: Trace, seed: number) => replayJob({ load }, seed)

test('the command prints the same with and without a queue, in every format', async () => {
  const { url } = await startRedis()
  const folder = temporaryFolder()
  await writeTrace(join(folder, 'mon.csv'), drawn(800, 1))
  await writeTrace(join(folder, 'tue.csv'), drawn(900, 2))
  const common = ['--counts', '2,0,9,0', '--counts', 'r5n.large=6', '--policy', 'priced,fcfs']
  const asked = [
    ['replay', '--trace', 'mon.csv', '--trace', 'tue.csv', '--rate', '40', '--seeds', '4,5', ...common],
    ['replay', '--rate', '40', '--queries', '700', '--seeds', '1,2,3', ...common],
  ]
  const same = async (args: readonly string[], format: string) => {
    const local = await kairos([...args, '--format', format, '--threads', '2'], folder)
    expect(local.status).toBe(0)
    const queued = await kairos([...args, '--format', format, '--queue', url], folder)
    expect(queued).toMatchObject({ status: 0, stdout: local.stdout })
  }
  const worker = background(['worker', '--queue', url, '--concurrency', '2'], folder)
  await worker.says(/takes jobs of version/)
  for (const args of asked) await same(args, 'table')
  expect((await queueStatus(url)).versions[0]).toMatchObject({ done: 16 + 12, failed: 0, waiting: 0 })
  await worker.end('SIGTERM')
  // all of it is found, without a worker
  for (const args of asked) for (const format of ['json', 'csv']) await same(args, format)
})

test('sends a trace once, in chunks, and never in a job', async () => {
  const { url, port } = await startRedis()
  const redis = new Redis(port)
  onTestFinished(() => redis.disconnect())
  const { jobs } = await opened(url)
  const trace = drawn(200_000)
  const set = jobs.submit([1, 2, 3].map((seed) => job(trace, seed)))
  await expect.poll(async () => (await queueStatus(url)).versions[0].waiting).toBe(3)
  const keys = await redis.keys('kairos:content:*')
  const sizes = await Promise.all(keys.map((key) => redis.strlen(key)))
  expect(sizes).toHaveLength(2)
  expect(Math.max(...sizes)).toBeGreaterThan(2 ** 20)
  const [key] = await redis.keys('kairos:replays-*:?????????????????*')
  expect((await redis.hget(key, 'data'))!.length).toBeLessThan(500)
  await working(url)
  const [{ rate, ...figures }] = await set.collect()
  expect(metricsOf(replay({ ...FLEET, seed: 1, trace }))).toMatchObject(figures)
  expect(rate).toBeCloseTo(60, 0)
})

test('refuses a trace that is damaged, and does the jobs when they are submitted again', async () => {
  const { url, port } = await startRedis()
  const redis = new Redis(port)
  onTestFinished(() => redis.disconnect())
  const { jobs } = await opened(url)
  const trace = drawn(3000)
  const set = jobs.submit([job(trace, 1)])
  await expect.poll(async () => (await queueStatus(url)).versions[0].waiting).toBe(1)
  const contents = await Promise.all(
    (await redis.keys('kairos:content:*')).map(async (key) => ({
      key,
      bytes: (await redis.getBuffer(key))!,
    })),
  )
  // gzip begins with these bytes, a workload with a brace
  const { key } = contents.find((each) => each.bytes[0] === 0x1f && each.bytes[1] === 0x8b)!
  await redis.setrange(key, 5000, 'damaged')
  const worker = await working(url)
  await expect(set.collect()).rejects.toMatchObject({
    code: 'QUEUE',
    message: expect.stringMatching(
      /^1 of 1 jobs failed: replay of 2,0,9,0 under fcfs, seed 1: .* lacks the content/,
    ),
  })
  expect(worker.notes[0]).toContain('has another hash')
  expect(worker.done).toBe(0)
  // the trace is sent again
  expect(await jobs.submit([job(trace, 1)]).collect()).toHaveLength(1)
})

test('finds a trace by what it holds, and rejects one that does not fit as one machine does', async () => {
  const { url } = await startRedis()
  const { jobs } = await opened(url)
  const worker = await working(url)
  const first = await jobs.submit([job(drawn(500), 1)]).collect()
  expect(await jobs.submit([job(drawn(500), 1)]).collect()).toEqual(first)
  expect(worker.done).toBe(1)
  await jobs.submit([job(drawn(500, 2), 1)]).collect()
  expect(worker.done).toBe(2)
  const large = { arrivalMs: new Float64Array([1, 2]), batchSize: new Float64Array([1, 1e6]) }
  await expect(jobs.submit([job(large, 1)]).collect()).rejects.toMatchObject({
    code: 'BAD_MODEL',
    message: expect.stringContaining('batchSize[1]'),
  })
})

test('packs a trace without loss, up to a size, and refuses other bytes', async () => {
  const trace = drawn(100)
  const packed = await packTrace({ ...trace, batchSize: trace.batchSize.subarray(0) })
  expect(await unpackTrace(packed)).toEqual(trace)
  await expect(packTrace(trace, packed.length)).resolves.toEqual(packed)
  await expect(packTrace(trace, packed.length - 1)).rejects.toMatchObject({
    code: 'TOO_LARGE',
    message: expect.stringMatching(/trace: has 100 queries, .*--trace-root.*without --queue/),
  })
  await expect(unpackTrace(Buffer.from('no gzip'))).rejects.toMatchObject({ code: 'QUEUE' })
  await expect(unpackTrace(gzipSync('short'))).rejects.toMatchObject({ code: 'QUEUE' })
})

test('renews the lease of a job while it draws and summarises many queries', async () => {
  const { url, port } = await startRedis()
  const redis = new Redis(port)
  onTestFinished(() => redis.disconnect())
  const { jobs } = await opened(url)
  const worker = await working(url, { leaseSeconds: 1 })
  const load = { arrivals: 'poisson', rate: 60, queries: 600_000 } as const
  await jobs.submit([{ kind: 'replay', ...FLEET, load, seed: 1 }]).collect()
  expect(worker.notes).toEqual([])
  const [key] = await redis.keys('kairos:replays-*:?????????????????*')
  // how often it was taken from its worker
  expect(await redis.hget(key, 'stc')).toBeNull()
})
