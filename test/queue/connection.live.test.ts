import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  cleanQueue,
  openQueue,
  type QueueWorker,
  queueStatus,
  readWorkload,
  startQueueWorker,
} from '../../src/index.ts'
import { goneFor } from '../../src/queue/connection.ts'
import { background } from '../cli/background.ts'
import { CLI, kairos, temporaryFolder } from '../cli/kairos.ts'
import { opened, working } from './queue-ends.ts'
import { startRedis } from './redis.ts'

const run = promisify(execFile)
const SECRET = 'p@ss/word'
const tls = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url))

describe('what cannot be reached is named without the password', () => {
  test.each(['capacity --counts 2,0,9,0', 'worker', 'queue status', 'queue clean'])('%s', async (line) => {
    const { status, stdout, stderr } = await kairos([
      ...line.split(' '),
      '--queue',
      'redis://me:hidden@127.0.0.1:1',
    ])
    expect(stderr).toBe(
      'kairos-wasm: redis://127.0.0.1:1: does not answer (ECONNREFUSED); check that Redis or Valkey runs there, and write rediss:// if it needs TLS\n',
    )
    expect([status, stdout]).toEqual([1, ''])
  })

  test('a host that does not exist', async () => {
    await expect(openQueue('redis://:hidden@no.such.invalid')).rejects.toMatchObject({
      code: 'QUEUE',
      message: expect.stringMatching(
        /^redis:\/\/no\.such\.invalid:6379: does not answer \((ENOTFOUND|EAI_AGAIN)\)/,
      ),
    })
  })

  test('a wrong password', async () => {
    const { port } = await startRedis({ settings: (port) => ['--port', `${port}`, '--requirepass', SECRET] })
    const right = `redis://:${encodeURIComponent(SECRET)}@127.0.0.1:${port}`
    expect((await queueStatus(right)).versions).toEqual([])
    for (const [url, cause] of [
      [`redis://:hidden@127.0.0.1:${port}`, 'WRONGPASS'],
      [`redis://127.0.0.1:${port}`, 'NOAUTH'],
    ]) {
      const { status, stderr } = await kairos(['queue', 'status', '--queue', url])
      expect(stderr).toMatch(
        new RegExp(`^kairos-wasm: redis://127.0.0.1:${port}: refused the name or the password`),
      )
      expect(stderr).toContain(cause)
      expect(stderr).not.toContain('hidden')
      expect(status).toBe(1)
    }
    const env = { ...process.env, KAIROS_QUEUE_PASSWORD: SECRET }
    const { stdout } = await run(
      process.execPath,
      [CLI, 'queue', 'status', '--queue', `redis://127.0.0.1:${port}`],
      { env },
    )
    expect(stdout).toContain(`redis://127.0.0.1:${port}\n`)
  })
})

test('a database that the server refuses is not taken for database 0', async () => {
  const { url } = await startRedis()
  const redis = new Redis(url)
  onTestFinished(() => redis.disconnect())
  await redis.sadd('kairos:versions', 'of another user')
  await expect(cleanQueue(`${url}/99`, { all: true })).rejects.toMatchObject({
    code: 'QUEUE',
    message: `${url}: refused database 99 (ERR DB index is out of range); name a database that it has and allows, or none for database 0`,
  })
  expect(await redis.scard('kairos:versions')).toBe(1)
  await cleanQueue(`${url}/3`, { all: true })
  expect(await redis.scard('kairos:versions')).toBe(1)
})

test('TLS with a certificate of one’s own', async () => {
  const { url, port } = await startRedis({
    url: (port) => `rediss://127.0.0.1:${port}`,
    settings: (port) => [
      ...['--port', '0', '--tls-port', `${port}`, '--tls-auth-clients', 'no'],
      ...[
        '--tls-cert-file',
        tls('server.pem'),
        '--tls-key-file',
        tls('server.key'),
        '--tls-ca-cert-file',
        tls('ca.pem'),
      ],
    ],
  })
  const status = [CLI, 'queue', 'status', '--queue', url]
  const trusting = { env: { ...process.env, NODE_EXTRA_CA_CERTS: tls('ca.pem') } }
  expect((await run(process.execPath, status, trusting)).stdout).toContain(`rediss://127.0.0.1:${port}\n`)
  const measure = [
    'capacity',
    '--counts',
    '1,0,4,0',
    '--queries',
    '1000',
    '--repeats',
    '2',
    '--format',
    'csv',
  ]
  const worker = execFile(process.execPath, [CLI, 'worker', '--queue', url], trusting)
  onTestFinished(() => void worker.kill('SIGKILL'))
  const { stdout } = await run(process.execPath, [CLI, ...measure, '--queue', url], trusting)
  expect(stdout).toBe((await kairos(measure)).stdout)
  await expect(run(process.execPath, status)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^kairos-wasm: rediss:\/\/127.0.0.1:\d+: has no certificate that is trusted \(/,
    ),
  })
  await expect(
    run(process.execPath, [...status.slice(0, -1), `redis://127.0.0.1:${port}`]),
  ).rejects.toMatchObject({
    stderr: expect.stringContaining('write rediss:// if it needs TLS'),
  })
})

test('tells that the server may drop jobs, and where its memory is full', async () => {
  const { url, port } = await startRedis({
    settings: (port) => ['--port', `${port}`, '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'],
  })
  const notes: string[] = []
  const worker = await startQueueWorker(url, { concurrency: 1, onNote: (note) => notes.push(note) })
  await worker.close()
  expect(notes).toEqual([`${url} has maxmemory-policy allkeys-lru and may drop jobs: set it to noeviction`])
  expect((await queueStatus(url)).memoryPolicy).toBe('allkeys-lru')

  const redis = new Redis(port)
  onTestFinished(() => redis.disconnect())
  await redis.config('SET', 'maxmemory-policy', 'noeviction')
  await redis.config('SET', 'maxmemory', '1mb')
  const { status, stderr } = await kairos(['capacity', '--counts', '2,0,9,0', '--queue', url])
  expect(stderr).toContain(`kairos-wasm: ${url}: refused a command (OOM`)
  expect(stderr).toContain('raise maxmemory, or remove results with kairos-wasm queue clean')
  expect(status).toBe(1)
})

test('an onNote that throws ends nothing, and the process warns', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  onTestFinished(() => warned.mockRestore())
  const warnings = () => warned.mock.calls.map(([warning]) => warning)
  const server = await startRedis({
    settings: (port) => ['--port', `${port}`, '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'],
  })
  const onNote = (note: string) => {
    throw new Error(note)
  }
  const worker = await startQueueWorker(server.url, { concurrency: 1, onNote })
  expect(warnings()).toEqual([expect.stringContaining('onNote of the queue failed: Error: redis')])
  await worker.close()
  const queue = await openQueue(server.url, { onNote })
  await server.restart()
  const lost = `onNote of the queue failed: Error: lost the connection to ${server.url}: waiting for it`
  await expect.poll(warnings).toContain(lost)
  await queue.close()
})

test('a worker that is closed while its connection is made again ends', async () => {
  const server = await startRedis()
  let worker: QueueWorker | undefined
  const ended = new Promise<string>((resolve) => {
    const onNote = (note: string) => {
      if (note.startsWith('lost')) worker?.close().then(() => resolve('ended'))
    }
    startQueueWorker(server.url, { concurrency: 1, onNote }).then((started) => {
      worker = started
      return server.restart()
    })
  })
  expect(await Promise.race([ended, setTimeout(20_000, 'still there', { ref: false })])).toBe('ended')
})

describe('a server that is stopped', () => {
  test('is refused after a time', async () => {
    const server = await startRedis()
    server.freeze()
    const problem = `${server.url}: does not answer (ETIMEDOUT)`
    const tried = [queueStatus(server.url), openQueue(server.url), startQueueWorker(server.url)]
    for (const { status, reason } of (await Promise.allSettled(tried)) as PromiseRejectedResult[]) {
      expect(status).toBe('rejected')
      expect(reason).toMatchObject({ code: 'QUEUE', message: expect.stringContaining(problem) })
    }
  })

  test('does not keep a worker that starts from its end', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const worker = background(['worker', '--queue', `redis://127.0.0.1:${port}`], temporaryFolder())
    await once(server, 'connection')
    expect(await worker.end('SIGINT')).toBe(130)
  })

  test('does not keep a worker from its end whose job is done', async () => {
    const server = await startRedis()
    const { jobs } = await opened(server.url)
    const worker = await working(server.url)
    const fleet = { workload: await readWorkload('rm2'), types: ['g4dn.xlarge', 'r5n.large'], counts: [1, 4] }
    const draw = { queries: 40_000, arrivals: 'poisson', seed: 1 } as const
    const set = jobs.submit([{ kind: 'largest-rate', policy: 'fcfs', ...fleet, ...draw }])
    set.collect().catch(() => undefined)
    await expect
      .poll(async () => (await queueStatus(server.url)).versions[0].running, { interval: 20 })
      .toBe(1)
    server.freeze()
    const ended = worker.close().then(() => 'ended')
    expect(await Promise.race([ended, setTimeout(20_000, 'still there', { ref: false })])).toBe('ended')
  })
})

test('a worker and a collector whose further connections are refused say why', async () => {
  for (const start of [startQueueWorker, openQueue]) {
    const server = await startRedis({
      settings: (port) => ['--port', `${port}`, '--maxmemory-policy', 'allkeys-lru'],
    })
    const redis = new Redis(server.url)
    onTestFinished(() => redis.disconnect())
    await redis.ping()
    // the first note comes once the first connection is there
    const onNote = () => void redis.config('SET', 'requirepass', SECRET)
    await expect(start(server.url, { onNote })).rejects.toMatchObject({
      code: 'QUEUE',
      message: expect.stringContaining(server.url),
    })
  }
})

test('a process that stood still does not take its server for gone', async () => {
  const redis = { ping: async () => 'PONG' } as unknown as Redis
  const until = new AbortController()
  const gone = goneFor(redis, 500, until.signal).then(() => 'gone')
  await setTimeout(250)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700)
  expect(await Promise.race([gone, setTimeout(300, 'there')])).toBe('there')
  until.abort()
})

test('a saved configuration does not hold the URL of the queue', async () => {
  const { url } = await startRedis()
  const worker = await startQueueWorker(url, { concurrency: 1 })
  onTestFinished(() => worker.close())
  const folder = temporaryFolder()
  const measure = ['capacity', '--counts', '1,0,4,0', '--queries', '1000', '--repeats', '1', '--out', folder]
  expect((await kairos([...measure, '--queue', url])).status).toBe(0)
  expect(readFileSync(`${folder}/config.json`, 'utf8')).not.toContain('redis')
})
