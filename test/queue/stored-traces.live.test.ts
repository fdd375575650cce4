/** Traces that workers read from shared storage: jobs name them by path and hash, and no query goes through Redis. */
import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { queueStatus, readStoredTrace, startQueueWorker, writeTrace } from '../../src/index.ts'
import { background } from '../cli/background.ts'
import { kairos, temporaryFolder } from '../cli/kairos.ts'
import { serveTraces } from '../files/traces/stored/trace-server.ts'
import { opened, working } from './queue-ends.ts'
import { startRedis } from './redis.ts'
import { drawn, replayJob } from './replay-jobs.ts'

/** A queue without workers yet, and a folder with traces of this many queries. */
async function prepared(...lengths: number[]) {
  const { url, port } = await startRedis()
  const { jobs } = await opened(url)
  const folder = temporaryFolder()
  for (const [i, length] of lengths.entries()) {
    await writeTrace(join(folder, `trace-${i}.csv`), drawn(length, i))
  }
  return { url, port, jobs, folder }
}

test('the command prints the same from files, from a root, and from workers with a root of their own', async () => {
  const { url, port } = await startRedis()
  const [mine, theirs] = [temporaryFolder(), temporaryFolder()]
  mkdirSync(join(mine, 'week'))
  await writeTrace(join(mine, 'week', 'mon.csv'), drawn(800, 1))
  await writeTrace(join(mine, 'week', 'tue.csv'), drawn(900, 2))
  cpSync(mine, theirs, { recursive: true })
  const worker = background(['worker', '--queue', url, '--trace-root', theirs], theirs)
  await worker.says(/takes jobs of version/)
  const common = [
    'replay',
    '--trace',
    'week/mon.csv',
    '--trace',
    'week/tue.csv',
    '--counts',
    '2,0,9,0',
    '--rate',
    '40',
  ]
  const asked = [...common, '--seeds', '4,5', '--policy', 'priced,fcfs', '--format', 'csv']
  const local = await kairos(asked, mine)
  expect(local.status).toBe(0)
  expect(local.stdout).toContain('week/mon.csv')
  const rooted = [...asked, '--trace-root', mine]
  expect((await kairos(rooted)).stdout).toBe(local.stdout)
  expect(await kairos([...rooted, '--queue', url])).toMatchObject({ status: 0, stdout: local.stdout })
  expect((await queueStatus(url)).versions[0]).toMatchObject({ done: 8, failed: 0 })
  const redis = new Redis(port)
  onTestFinished(() => redis.disconnect())
  // the workload alone
  expect(await redis.keys('kairos:content:*')).toHaveLength(1)
  await worker.end('SIGTERM')
  // by whichever way a trace travels, its results are found
  expect((await kairos([...asked, '--queue', url], mine)).stdout).toBe(local.stdout)
})

test('a job carries a path and a hash, and the worker downloads the trace once', async () => {
  const { url, port, jobs, folder } = await prepared(2000)
  const found = await readStoredTrace(folder, 'trace-0.csv')
  const text = await readFile(join(folder, 'trace-0.csv'), 'utf8')
  const server = await serveTraces({ '/shared/trace-0.csv': text })
  const set = jobs.submit([1, 2, 3].map((seed) => replayJob(found, seed)))
  await expect.poll(async () => (await queueStatus(url)).versions[0].waiting).toBe(3)
  const redis = new Redis(port)
  onTestFinished(() => redis.disconnect())
  const [key] = await redis.keys('kairos:replays-*:?????????????????*')
  const data = (await redis.hget(key, 'data'))!
  expect(data.length).toBeLessThan(500)
  expect(JSON.parse(data).load).toEqual(found.stored)
  await working(url, { traceRoot: `${server.url}shared` })
  const results = await set.collect()
  expect(server.asked).toEqual(['/shared/trace-0.csv'])
  const { load } = found
  const through = await jobs.submit([replayJob(found, 9), replayJob({ load }, 1)]).collect()
  expect(through[1]).toEqual(results[0])
})

test('names file, hash and cure where a trace is missing or another one; the rest is done', async () => {
  const { url, jobs, folder } = await prepared(600, 700, 800)
  const found = await Promise.all([0, 1, 2].map((i) => readStoredTrace(folder, `trace-${i}.csv`)))
  const theirs = temporaryFolder()
  cpSync(folder, theirs, { recursive: true })
  writeFileSync(join(theirs, 'trace-0.csv'), 'arrival_ms,batch_size\n0,1\n')
  appendFileSync(join(theirs, 'trace-1.csv'), '1e9,1\n')
  const worker = await working(url, { traceRoot: theirs })
  const failure = await jobs
    .submit(found.map((each) => replayJob(each, 1)))
    .collect()
    .catch((error: Error) => error)
  expect(failure).toMatchObject({ code: 'QUEUE', message: expect.stringMatching(/^2 of 3 jobs failed/) })
  const { message } = failure as Error
  for (const [i, problem] of ['has SHA-256 [0-9a-f]{12}', 'has more than \\d+ bytes'].entries()) {
    const asked = `and the job asks for ${found[i].stored.bytes} bytes of SHA-256 ${found[i].stored.sha256.slice(0, 12)}; `
    expect(message).toMatch(new RegExp(`trace-${i}.csv: ${problem}, ${asked}`))
  }
  expect(worker.done).toBe(1)
  cpSync(folder, theirs, { recursive: true })
  expect(await jobs.submit(found.map((each) => replayJob(each, 1))).collect()).toHaveLength(3)
})

test('a worker without a root says what to start it with', async () => {
  const { url, jobs, folder } = await prepared(600)
  await working(url)
  const found = await readStoredTrace(folder, 'trace-0.csv')
  await expect(jobs.submit([replayJob(found, 1)]).collect()).rejects.toMatchObject({
    message: expect.stringMatching(
      `trace-0.csv: is asked for by SHA-256 ${found.stored.sha256.slice(0, 12)}, and this worker has no trace root; start all workers with --trace-root`,
    ),
  })
  await expect(startQueueWorker(url, { traceRoot: join(folder, 'none') })).rejects.toMatchObject({
    code: 'NO_FILE',
  })
})

test('no job leads a worker out of its root', async () => {
  const { url, jobs, folder } = await prepared(600)
  const found = await readStoredTrace(folder, 'trace-0.csv')
  const secret = await serveTraces({})
  const root = await serveTraces({
    '/r/moved.csv': (_, response) => response.writeHead(307, { location: `${secret.url}secret` }).end(),
  })
  await working(url, { traceRoot: `${root.url}r` })
  const names = [`${secret.url}secret`, `//${new URL(secret.url).host}/secret`, '../secret', 'moved.csv']
  const failure = await jobs
    .submit(names.map((file, seed) => replayJob({ ...found, stored: { ...found.stored, file } }, seed)))
    .collect()
    .catch((error: Error) => error)
  expect((failure as Error).message).toMatch(/^4 of 4 jobs failed/)
  expect(secret.asked).toEqual([])
  // the three attempts of the one path that is below the root
  expect(root.asked).toEqual(['/r/moved.csv', '/r/moved.csv', '/r/moved.csv'])
})
