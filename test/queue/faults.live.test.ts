/** Faults: the commands in processes that are killed. Every job is counted once, with the same bytes. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { queueStatus } from '../../src/index.ts'
import { type Background, background } from '../cli/background.ts'
import { CLI, kairos, temporaryFolder } from '../cli/kairos.ts'
import { startRedis } from './redis.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Eight jobs of fourteen replays, which take half a second. */
const CAPACITY = [
  ...['capacity', '--counts', '2,0,9,0', '--policy', 'fcfs', '--queries', '40000', '--repeats', '8'],
  ...['--format', 'json'],
]
const local = kairos(CAPACITY)

const collecting = (url: string) => kairos([...CAPACITY, '--queue', url])
const worker = (url: string, folder: string, ...more: string[]) =>
  background(['worker', '--queue', url, '--concurrency', '1', '--lease', '1', ...more], folder)

async function started(...workers: Background[]): Promise<void> {
  await Promise.all(workers.map((each) => each.says(/takes jobs of version/)))
}

async function state(url: string) {
  const [{ waiting, running, retrying, failed, done }] = (await queueStatus(url)).versions
  return { waiting, running, retrying, failed, done }
}

const ALL_DONE = { waiting: 0, running: 0, retrying: 0, failed: 0, done: 8 }

async function expectSame(outcome: Awaited<typeof local>): Promise<void> {
  const { stdout, status } = await local
  expect(status).toBe(0)
  expect(outcome.stderr).not.toMatch(/kairos-wasm:/)
  expect(outcome.stdout).toBe(stdout)
  expect(outcome.status).toBe(0)
}

const done = (url: string) => expect.poll(async () => (await state(url)).done, { interval: 20 })

/** How often workers have taken the jobs that are there: BullMQ counts it in the field `ats` of a job. */
async function timesTaken(url: string): Promise<number> {
  const redis = new Redis(url)
  const keys = await redis.keys('*')
  const hashes = await Promise.all(
    keys.map(async (key) => ((await redis.type(key)) === 'hash' ? redis.hget(key, 'ats') : null)),
  )
  await redis.quit()
  return hashes.reduce((sum, times) => sum + Number(times ?? 0), 0)
}

test('a job whose worker is killed is done by another', async () => {
  const { url } = await startRedis()
  const folder = temporaryFolder()
  const first = worker(url, folder)
  await started(first)
  const collected = collecting(url)
  await done(url).toBeGreaterThan(1)
  expect((await state(url)).running).toBe(1)
  await first.end('SIGKILL')
  const second = worker(url, folder)
  await expectSame(await collected)
  expect(await state(url)).toEqual(ALL_DONE)
  await second.end('SIGTERM')
  expect(second.stderr).toMatch(/\b[1-7] jobs? done/)
})

test('Redis is killed and started again', async () => {
  const server = await startRedis()
  const folder = temporaryFolder()
  const one = worker(server.url, folder)
  await started(one)
  const collected = collecting(server.url)
  await done(server.url).toBeGreaterThan(1)
  await server.restart()
  const outcome = await collected
  await expectSame(outcome)
  expect(outcome.stderr).toContain(`lost the connection to ${server.url}`)
  expect(await state(server.url)).toEqual(ALL_DONE)
})

test('a worker of another version takes no job', async () => {
  const { url } = await startRedis()
  const folder = temporaryFolder()
  const other = join(folder, 'other')
  mkdirSync(other)
  for (const part of ['dist', 'build/kernel.wasm', 'data'])
    cpSync(join(ROOT, part), join(other, part), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(other, 'node_modules'))
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  writeFileSync(join(other, 'package.json'), JSON.stringify({ ...manifest, version: '9.9.9' }))
  const stranger = background(
    ['worker', '--queue', url, '--concurrency', '1'],
    folder,
    join(other, 'dist/cli/main.js'),
  )
  await started(stranger)
  const collector = background([...CAPACITY, '--queue', url], folder)
  const version = await (async () => {
    await collector.says(/no worker of version/)
    return /no worker of version (\S+)/.exec(collector.stderr)![1]
  })()
  await expect
    .poll(async () => (await queueStatus(url)).versions.find((each) => each.version === version)?.waiting)
    .toBe(8)
  const { stdout } = await kairos(['queue', 'status', '--queue', url])
  expect(stdout).toContain(`8 jobs wait for a worker of ${version}`)
  expect(stdout).toMatch(/9\.9\.9-\w{8} +1 +0 +0 +0 +0 +0\n/)
  const right = worker(url, folder)
  await collector.says(/replays in/)
  expect(collector.stdout).toBe((await local).stdout)
  expect(stranger.stderr).not.toContain('failed')
  await stranger.end('SIGTERM')
  expect(stranger.stderr).toContain('0 jobs done')
  await right.end('SIGTERM')
  expect(right.stderr).toContain('8 jobs done')
})

test('a job that kills its workers fails after three of them, and the collector names it', async () => {
  const { url } = await startRedis()
  const folder = temporaryFolder()
  const one = [...CAPACITY, '--queue', url]
  one[one.indexOf('--repeats') + 1] = '1'
  // long enough to be killed in the middle on any machine
  one[one.indexOf('--queries') + 1] = '1000000'
  one[one.indexOf('--policy') + 1] = 'kairos'
  const collected = kairos(one)
  for (let killed = 0; killed < 3; killed++) {
    const victim = worker(url, folder)
    await started(victim)
    await expect.poll(() => timesTaken(url), { interval: 20 }).toBe(killed + 1)
    await victim.end('SIGKILL')
  }
  worker(url, folder)
  const { status, stderr, stdout } = await collected
  expect(stderr).toMatch(/1 of 1 jobs failed: largest-rate of 2,0,9,0 under kairos, seed 1: .*stalled/)
  expect([status, stdout]).toEqual([1, ''])
  expect(await state(url)).toMatchObject({ failed: 1, done: 0 })
  const shown = await kairos(['queue', 'status', '--queue', url])
  expect(shown.stdout).toContain('failed: largest-rate of 2,0,9,0 under kairos, seed 1: ')
})

test('the disk of the collector is full: the results are still in the queue', async () => {
  const { url } = await startRedis()
  const folder = temporaryFolder()
  const one = worker(url, folder)
  await started(one)
  const full = background(
    ['-c', `exec "${process.execPath}" "${CLI}" ${CAPACITY.join(' ')} --queue ${url} > /dev/full`],
    folder,
    '/bin/bash',
  )
  await full.says(/stdout: .*(full|space)/)
  await one.end('SIGTERM')
  expect(await state(url)).toEqual(ALL_DONE)
  await expectSame(await collecting(url))
})

test('Ctrl-C, and the same command again', async () => {
  const { url } = await startRedis()
  const folder = temporaryFolder()
  const one = worker(url, folder)
  await started(one)
  const collector = background([...CAPACITY, '--queue', url], folder)
  await done(url).toBeGreaterThan(1)
  expect(await collector.end('SIGINT')).toBe(130)
  expect(collector.stdout).toBe('')
  await expect.poll(async () => (await state(url)).running).toBe(0)
  const between = await state(url)
  expect(between).toMatchObject({ waiting: 0, failed: 0 })
  expect(between.done).toBeLessThan(8)
  await expectSame(await collecting(url))
  expect(await state(url)).toEqual(ALL_DONE)
  await one.end('SIGTERM')
  // every job was done once
  expect(one.stderr).toContain('8 jobs done')
})

test('worker and collector end where Redis is gone', async () => {
  const server = await startRedis()
  const folder = temporaryFolder()
  const one = worker(server.url, folder)
  await started(one)
  const collector = background([...CAPACITY, '--queue', server.url], folder)
  await done(server.url).toBeGreaterThan(1)
  await server.kill()
  await collector.says(/lost the connection/)
  expect(await collector.end('SIGINT')).toBe(130)
  expect(await one.end('SIGTERM')).toBe(0)
  for (const { stderr } of [collector, one]) expect(stderr).not.toMatch(/\n +at |Unhandled/)
})

test('a worker that is told to end finishes the job that it does', async () => {
  const { url } = await startRedis()
  const folder = temporaryFolder()
  const one = worker(url, folder)
  await started(one)
  const collected = collecting(url)
  await done(url).toBeGreaterThan(1)
  expect(await one.end('SIGTERM')).toBe(0)
  const { done: finished, running } = await state(url)
  expect(running).toBe(0)
  expect(one.stderr).toContain(`${finished} jobs done`)
  worker(url, folder)
  await expectSame(await collected)
})
