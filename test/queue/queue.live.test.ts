import { connect } from 'node:net'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import {
  allowableThroughput,
  cleanQueue,
  queueStatus,
  readSpace,
  readWorkload,
  searchConfigurations,
} from '../../src/index.ts'
import { CONTENT } from '../../src/queue/content.ts'
import { engineVersion, PREFIX, queueName } from '../../src/queue/names.ts'
import { kairosHere } from '../cli/kairos.ts'
import { opened, working } from './queue-ends.ts'
import { startRedis } from './redis.ts'

const workload = await readWorkload('rm2')
const SMALL = {
  ...{ workload, types: ['g4dn.xlarge', 'r5n.large'], counts: [1, 4] },
  ...{ queries: 2000, repeats: 3, seed: 5 },
}

test('gives what one machine gives, and finds repeated work without a worker, which it says once', async () => {
  const { url } = await startRedis()
  const { jobs, notes } = await opened(url)
  const local = await allowableThroughput(SMALL)
  const worker = await working(url)
  expect(await allowableThroughput({ ...SMALL, jobs })).toEqual(local)
  expect(worker.done).toBe(3)
  await worker.close()
  await expect.poll(async () => (await queueStatus(url)).versions[0].workers).toBe(0)
  for (let time = 0; time < 2; time++) {
    const progress: number[] = []
    const onProgress = ({ done }: { done: number }) => progress.push(done)
    expect(await allowableThroughput({ ...SMALL, jobs, onProgress })).toEqual(local)
    expect(progress.at(-1)).toBe(3)
    // the user is told once for each queue
    await expect.poll(() => notes).toEqual([expect.stringMatching(/^no worker of version \S+ is there: /)])
  }
  const [{ done, failed, waiting }] = (await queueStatus(url)).versions
  expect({ done, failed, waiting }).toEqual({ done: 3, failed: 0, waiting: 0 })
})

test('searches to the same result as one machine', async () => {
  const { url } = await startRedis()
  const space = { ...(await readSpace('hpdc23')), budgetPerHour: 1.2 }
  const request = { workload, space, queries: 1000, repeats: 2, topN: 2 }
  const { jobs } = await opened(url)
  await working(url)
  expect(await searchConfigurations({ ...request, jobs })).toEqual(await searchConfigurations(request))
})

test('sends a workload once, and small jobs', async () => {
  const { url, port } = await startRedis()
  const { jobs } = await opened(url)
  const set = jobs.submit(Array.from({ length: 20 }, (_, seed) => job(seed)))
  const redis = new Redis(port)
  onTestFinished(() => redis.disconnect())
  await expect.poll(async () => (await queueStatus(url)).versions[0].waiting).toBe(20)
  const { server, contents, memoryBytes, memoryPolicy } = await queueStatus(url)
  expect({ server, contents, memoryPolicy }).toEqual({ server: url, contents: 1, memoryPolicy: 'noeviction' })
  expect(memoryBytes).toBeGreaterThan(100_000)
  const [key] = await redis.keys('kairos:replays-*:?????????????????*')
  expect((await redis.hget(key, 'data'))!.length).toBeLessThan(500)
  await jobs.close()
  await expect(set.collect()).rejects.toMatchObject({ code: 'ABORTED' })
  expect((await queueStatus(url)).versions[0].waiting).toBe(0)
})

const job = (seed: number) => {
  const { types, counts, queries } = SMALL
  return { kind: 'largest-rate', workload, types, counts, queries, seed, arrivals: 'poisson' } as const
}

test('counts a job that is submitted twice once', async () => {
  const { url } = await startRedis()
  const [first, second] = [await opened(url), await opened(url)]
  const sets = [first, second].map(({ jobs }) => jobs.submit([job(1), job(2), job(1)]))
  const worker = await working(url)
  const [a, b] = await Promise.all(sets.map((set) => set.collect()))
  expect(a).toEqual(b)
  expect(a[0]).toEqual(a[2])
  expect(worker.done).toBe(2)
  expect(sets[0].progress).toMatchObject({ total: 3, done: 3, failed: 0 })
})

test('adds a job again that another collector gave up', async () => {
  const { url } = await startRedis()
  const [first, second] = [await opened(url), await opened(url)]
  const sets = [first, second].map(({ jobs }) => jobs.submit([job(1)]))
  await expect.poll(async () => (await queueStatus(url)).versions[0].waiting).toBe(1)
  await sets[0].cancel()
  await expect(sets[0].collect()).rejects.toMatchObject({ code: 'ABORTED' })
  await working(url)
  expect((await sets[1].collect())[0].rate).toBeGreaterThan(0)
})

test('rejects as one machine does where the job itself is wrong', async () => {
  const { url } = await startRedis()
  const { jobs } = await opened(url)
  const request = { ...SMALL, counts: [30, 40], queries: 100, repeats: 2 }
  const local = await allowableThroughput(request).catch((error: Error) => error)
  expect(local).toMatchObject({ code: 'BAD_USAGE' })
  await working(url)
  await expect(allowableThroughput({ ...request, jobs })).rejects.toMatchObject({
    message: (local as Error).message,
  })
})

test('refuses a policy that is code, and a log', async () => {
  const { url } = await startRedis()
  const { jobs } = await opened(url)
  const policy = { name: 'own', prepare: () => () => ({ kind: 'fcfs' }) as never } as never
  await expect(allowableThroughput({ ...SMALL, policy, jobs })).rejects.toThrow('policy: is code')
  const log = { find: () => undefined, add: () => undefined }
  await expect(allowableThroughput({ ...SMALL, log, jobs })).rejects.toThrow('log: does not go with a queue')
})

test('ends by a signal, and leaves no job waiting', async () => {
  const { url } = await startRedis()
  const { jobs } = await opened(url)
  const controller = new AbortController()
  const measured = allowableThroughput({ ...SMALL, jobs, signal: controller.signal })
  await expect.poll(async () => (await queueStatus(url)).versions[0].waiting).toBe(3)
  const reason = new Error('enough')
  controller.abort(reason)
  await expect(measured).rejects.toBe(reason)
  await expect.poll(async () => (await queueStatus(url)).versions[0].waiting).toBe(0)
})

test('tries a job three times whose workload is damaged, and names it with the reason', async () => {
  const { url, port } = await startRedis()
  const redis = new Redis(port)
  onTestFinished(() => redis.disconnect())
  const { jobs } = await opened(url)
  const set = jobs.submit([job(1), job(2)])
  await expect.poll(async () => (await queueStatus(url)).versions[0].waiting).toBe(2)
  const [key] = await redis.keys('kairos:content:*')
  await redis.setrange(key, 100, 'damaged')
  const worker = await working(url)
  await expect(set.collect()).rejects.toMatchObject({
    code: 'QUEUE',
    message: expect.stringMatching(
      /^2 of 2 jobs failed: largest-rate of 1,4 under priced, seed 1: .* (has another hash|lacks the content)/,
    ),
  })
  expect(worker.notes.length).toBe(6)
  const { versions } = await queueStatus(url)
  expect(versions[0]).toMatchObject({ failed: 2, done: 0, waiting: 0 })
  expect(versions[0].failures.map(({ job }) => job).sort()).toEqual([
    'largest-rate of 1,4 under priced, seed 1',
    'largest-rate of 1,4 under priced, seed 2',
  ])
  expect(worker.notes[0]).toContain('has another hash')
  // the workload is sent again, and only what failed is done again
  expect(await jobs.submit([job(1), job(2)]).collect()).toHaveLength(2)
  expect((await queueStatus(url)).versions[0]).toMatchObject({ failed: 0, done: 2 })
})

test('goes on where the server has lost all of its data', async () => {
  const { url, port } = await startRedis()
  const redis = new Redis(port)
  onTestFinished(() => redis.disconnect())
  const { jobs } = await opened(url)
  const waiting = async () => (await queueStatus(url)).versions[0]?.waiting
  const set = jobs.submit([job(1), job(2)])
  await expect.poll(waiting).toBe(2)
  await redis.flushall()
  await expect.poll(waiting).toBe(2)
  const worker = await working(url)
  expect(await set.collect()).toHaveLength(2)
  // between two sets as well
  await redis.flushall()
  expect(await jobs.submit([job(1)]).collect()).toHaveLength(1)
  expect(worker.notes).toEqual([])
})

test('two collectors try the same failed jobs again at the same time', async () => {
  const { url } = await startRedis()
  const [first, second] = [await opened(url), await opened(url)]
  const worker = await working(url)
  const stored = { file: 'a.csv', bytes: 1, sha256: '0'.repeat(64) }
  const load = { arrivalMs: Float64Array.of(0), batchSize: Float64Array.of(1) }
  const failing = Array.from(
    { length: 20 },
    (_, seed) => ({ ...job(seed), kind: 'replay', load, stored }) as const,
  )
  const submitted = ({ jobs }: typeof first) => jobs.submit(failing).collect()
  await expect(submitted(first)).rejects.toThrow('20 of 20 jobs failed')
  const [{ failed, failures }] = (await queueStatus(url)).versions
  expect([failed, failures.length]).toEqual([20, 10])
  await worker.close()
  const again = [submitted(first), submitted(second)]
  await expect.poll(async () => (await queueStatus(url)).versions[0].waiting).toBe(20)
  await working(url)
  for (const each of again) await expect(each).rejects.toThrow('20 of 20 jobs failed')
})

/**
 * The commands that a server is given from now on, by a connection of its own: the client loses replies that come with
 * the first one.
 */
async function commandsOf(port: number) {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  onTestFinished(() => socket.destroy() && undefined)
  let text = ''
  socket.on('data', (part) => {
    text += part
  })
  socket.write('MONITOR\r\n')
  await expect.poll(() => text).toMatch(/^\+OK\r\n/)
  // such as +1796089676.947149 [0 127.0.0.1:58964] "hmget" "key"
  return () =>
    text
      .split('\r\n')
      .slice(1, -1)
      .map((line) => ({
        source: /\[\d+ ([^\]]*)\]/.exec(line)?.[1],
        args: Array.from(line.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, arg]) => arg),
      }))
}

test('pauses no queue that it cleans but for the last step, and keeps the version of a worker', async () => {
  const { url, port } = await startRedis()
  const { jobs } = await opened(url)
  const set = jobs.submit(Array.from({ length: 3000 }, (_, seed) => job(seed)))
  set.collect().catch(() => undefined)
  await expect.poll(async () => (await queueStatus(url)).versions[0].waiting).toBe(3000)
  const redis = new Redis(url)
  onTestFinished(() => redis.disconnect())
  const asked = await commandsOf(port)
  expect(await cleanQueue(url, { all: true })).toMatchObject({ unfinished: 3000 })
  await redis.echo('the last command')
  await expect.poll(() => asked().some(({ args }) => args.includes('the last command'))).toBe(true)
  expect(asked().some(({ args }) => args.includes('paused') && /^hset$/i.test(args[0]))).toBe(true)
  // the keys of the script that needs a queue to be paused
  const calls = asked().filter(
    ({ source, args: [, , , meta, base] }) => source !== 'lua' && /:meta$/.test(meta) && /:$/.test(base),
  )
  // one script, and its text where the server does not know it
  expect([1, 2]).toContain(calls.length)
  await set.cancel()
  const worker = await working(url)
  await cleanQueue(url, { all: true })
  expect((await queueStatus(url)).versions).toMatchObject([{ workers: 1, done: 0 }])
  await worker.close()
  await cleanQueue(url, { all: true })
  expect(await redis.keys('*')).toEqual([])
})

test('cleans what is done, and everything on request', async () => {
  const { url } = await startRedis()
  const { jobs } = await opened(url)
  const worker = await working(url)
  await jobs.submit([job(1), job(2)]).collect()
  await worker.close()
  const waiting = jobs.submit([job(3)])
  waiting.collect().catch(() => undefined)
  await expect.poll(async () => (await queueStatus(url)).versions[0].waiting).toBe(1)
  expect(await cleanQueue(url, { olderThanHours: 1 })).toEqual({
    done: 0,
    failed: 0,
    unfinished: 0,
    contents: 0,
  })
  expect(await cleanQueue(url)).toEqual({ done: 2, failed: 0, unfinished: 0, contents: 0 })
  expect((await queueStatus(url)).versions[0]).toMatchObject({ waiting: 1, done: 0 })
  await jobs.close()
  // content that was used since
  expect(await cleanQueue(url, { olderThanHours: 1 })).toMatchObject({ contents: 0 })
  expect(await cleanQueue(url, { all: true })).toMatchObject({ done: 0, contents: 1 })
  expect((await queueStatus(url)).versions).toEqual([])
  await expect(cleanQueue(url, { olderThanHours: -1 })).rejects.toMatchObject({ code: 'BAD_USAGE' })
})

test('keeps the workloads of jobs that run or are tried again later, and counts everything that it removes', async () => {
  const { url } = await startRedis()
  await opened(url)
  const redis = new Redis(url, { maxRetriesPerRequest: null })
  const setting = { connection: redis, prefix: PREFIX }
  const name = queueName(engineVersion())
  const queue = new Queue(name, setting)
  const ends: Record<string, () => unknown> = {
    running: () => new Promise(() => undefined),
    failed: () => Promise.reject(new Error('no')),
  }
  const worker = new Worker(name, async (each) => ends[each.name]?.(), { ...setting, concurrency: 3 })
  onTestFinished(async () => {
    await worker.close(true)
    await queue.close()
    redis.disconnect()
  })
  const data = { kind: 'trial', counts: [1], policy: 'fcfs', seed: 1 }
  const ended = ['done', 'failed', 'failed'].map((each) => ({ name: each, data }))
  await queue.addBulk([
    ...ended,
    { name: 'running', data },
    { name: 'later', data, opts: { delay: 600_000 } },
  ])
  await redis.set(`${CONTENT}a`, 'a workload')
  const versions = [{ workers: 1, waiting: 0, running: 1, retrying: 1, failed: 2, done: 1 }]
  await expect.poll(() => queueStatus(url)).toMatchObject({ versions })
  expect(await cleanQueue(url)).toEqual({ done: 1, failed: 2, unfinished: 0, contents: 0 })
  await queue.addBulk(ended)
  await expect.poll(() => queueStatus(url)).toMatchObject({ versions })
  expect(await kairosHere(['queue', 'clean', '--all', '--queue', url])).toEqual({
    status: 0,
    stdout: 'removed 1 result, 2 failed jobs, 2 unfinished jobs, 1 workload or trace\n',
    stderr: '',
  })
})
