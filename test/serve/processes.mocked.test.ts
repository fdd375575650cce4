import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { clockMs } from '../../src/serve/machine-clock.ts'
import { startProcesses } from '../../src/serve/processes.ts'

/** A process that another test started. */
class Forked extends EventEmitter {
  readonly env: Record<string, unknown>
  readonly process = { kill: () => this.emit('exit', 0) }
  isConnected = () => false
  constructor(env: Record<string, unknown>) {
    super()
    this.env = env
  }
  serve = (adminAddress = 'a:2') =>
    this.emit('message', { address: 'a:1', adminAddress, line: `routing on ${adminAddress}` })
}

const forked = vi.hoisted(() => [] as Forked[])
/** What the next fork throws. */
const thrown = vi.hoisted(() => [] as Error[])
vi.mock('node:cluster', () => ({
  default: {
    fork(env: Record<string, unknown>) {
      const error = thrown.shift()
      if (error) throw error
      forked.push(new Forked(env))
      return forked.at(-1)
    },
  },
}))

/** Why a process cannot start. */
const NO_FILE = {
  code: 'NO_FILE',
  problem: 'there is no such file',
  place: { file: 'f.json' },
  cure: 'check',
}

beforeEach(() => {
  forked.length = 0
})

const starting = (onRestart: (index: number, how: string, why?: string) => void = () => undefined) =>
  startProcesses({ count: 2, adminHost: '127.0.0.1', adminPort: 0, onRestart })

test('a process that is started again is told since when all have served', async () => {
  const started = starting()
  for (const each of forked) each.serve()
  const processes = await started
  expect(forked.map(({ env }) => env.KAIROS_ROUTER_SINCE)).toEqual([undefined, undefined])
  forked[0].emit('exit', 1)
  await expect.poll(() => forked.length).toBe(3)
  // not by the time of day, which may be set meanwhile
  const servedMs = clockMs() - Number(forked[2].env.KAIROS_ROUTER_SINCE)
  expect(servedMs).toBeGreaterThanOrEqual(0)
  expect(servedMs).toBeLessThan(60_000)
  expect(forked[2].env.KAIROS_ROUTER_PROCESS).toBe('0/2')
  await processes.close()
})

test.each([
  [undefined, '--max-semi-space-size=64'],
  ['--max-semi-space-size=16', '--max-semi-space-size=64 --max-semi-space-size=16'],
])('the last size of the young generation is that of NODE_OPTIONS=%s', async (given, passed) => {
  vi.stubEnv('NODE_OPTIONS', given)
  onTestFinished(() => void vi.unstubAllEnvs())
  const started = starting()
  for (const each of forked) each.serve()
  await (await started).close()
  expect(forked.map(({ env }) => env.NODE_OPTIONS)).toEqual([passed, passed])
})

test('says of a process that is started again how it ended', async () => {
  const told: string[] = []
  const started = starting((index, how) => told.push(`${index}: ${how}`))
  for (const each of forked) each.serve()
  const processes = await started
  forked[0].emit('exit', 1, null)
  forked[1].emit('exit', null, 'SIGKILL')
  expect(told).toEqual(['0: with status 1', '1: by SIGKILL'])
  await processes.close()
})

test('counters do not decrease when a process is silent or has ended', async () => {
  const own = createServer((_, response) => {
    response.writeHead(isSilent ? 503 : 200).end('# HELP n_total N.\n# TYPE n_total counter\nn_total 5\n')
  })
  let isSilent = false
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void own.close())
  const started = starting()
  for (const each of forked) each.serve(`127.0.0.1:${(own.address() as AddressInfo).port}`)
  const processes = await started
  const read = async () => {
    const text = await (await fetch(`http://${processes.adminAddress}/metrics`)).text()
    return [/^n_total (\d+)$/m, /^kairos_processes (\d+)$/m].map((line) => Number(line.exec(text)?.[1]))
  }
  expect(await read()).toEqual([10, 2])
  forked[0].emit('exit', 1, null)
  expect(await read()).toEqual([10, 1])
  isSilent = true
  expect(await read()).toEqual([10, 0])
  await processes.close()
})

test('tries again where a process cannot begin', async () => {
  const told: string[] = []
  const started = starting((index, how) => told.push(`${index}: ${how}`))
  for (const each of forked) each.serve()
  const processes = await started
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    forked[0].emit('exit', 1, null)
    vi.runAllTimers()
    // said by an event, and thrown
    forked[2].emit('error', new Error('spawn node EAGAIN'))
    thrown.push(new Error('spawn ENOMEM'))
    vi.advanceTimersToNextTimer()
    vi.advanceTimersToNextTimer()
  } finally {
    vi.useRealTimers()
  }
  expect(told).toEqual([
    '0: with status 1',
    '0: before it began: spawn node EAGAIN',
    '0: before it began: spawn ENOMEM',
  ])
  expect(forked).toHaveLength(4)
  forked[3].serve()
  await processes.close()
})

test('starts a process again that ends before all have started, and again if that fails', async () => {
  const told: string[] = []
  const started = starting((index, how, why) => told.push(`${index}: ${how}, ${why}`))
  forked[0].serve()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    forked[0].emit('exit', 1, null)
    vi.runAllTimers()
    expect(Number(forked[2].env.KAIROS_ROUTER_SINCE)).toBeLessThanOrEqual(clockMs())
    forked[2].emit('message', { error: NO_FILE })
    forked[2].emit('exit', 2, null)
    vi.runAllTimers()
  } finally {
    vi.useRealTimers()
  }
  expect(told).toEqual([
    '0: with status 1, undefined',
    '0: with status 2, f.json: there is no such file; check',
  ])
  expect(forked).toHaveLength(4)
  for (const each of forked.slice(1, 4)) each.serve()
  await (await started).close()
})

test('waits for no restart when it is closed', async () => {
  const started = starting()
  for (const each of forked) each.serve()
  const processes = await started
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    forked[0].emit('exit', 1)
    expect(vi.getTimerCount()).toBe(1)
    const closed = processes.close()
    expect(vi.getTimerCount()).toBe(0)
    await closed
    expect(forked).toHaveLength(2)
  } finally {
    vi.useRealTimers()
  }
})

test('a process that cannot start ends the others, and the error has a cure', async () => {
  const started = starting()
  forked[1].emit('exit', 2)
  await expect(started).rejects.toMatchObject({
    code: 'BAD_USAGE',
    message: 'router process 2 ended with status 2; see the log above, or find the cause with --processes 1',
  })
})

test('a process that says why it cannot start is quoted, also if it ends before that is read', async () => {
  const started = starting()
  forked[1].isConnected = () => true
  forked[1].emit('exit', 2)
  forked[1].emit('message', { error: NO_FILE })
  forked[1].emit('disconnect')
  await expect(started).rejects.toMatchObject({
    code: 'NO_FILE',
    message: 'f.json: there is no such file; check',
  })
})

test('the end of the first process ends those that begin, and leaves those that serve to end by themselves', async () => {
  const before = process.listeners('exit')
  const started = starting()
  const atExit = process.listeners('exit').filter((listener) => !before.includes(listener))
  const [serving, beginning] = forked.map((each) => vi.spyOn(each.process, 'kill'))
  forked[0].serve()
  for (const listener of atExit) listener.call(process, 143)
  expect(beginning).toHaveBeenCalledWith('SIGKILL')
  expect(serving).not.toHaveBeenCalledWith('SIGKILL')
  await expect(started).rejects.toMatchObject({ code: 'BAD_USAGE' })
  expect(process.listeners('exit')).toEqual(before)
})
