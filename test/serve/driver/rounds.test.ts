import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { medianOf } from '../../../src/serve/driver/client-cost.ts'
import { measureRounds, type Send, shuffledRounds } from '../../../src/serve/driver/rounds.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A server that answers each request after its own time. @param msOf the time of a request, by its number */
function server(msOf: (request: number) => number) {
  const requests = { sent: 0, open: 0 }
  const send: Send = () => {
    const ms = msOf(requests.sent++)
    requests.open++
    return new Promise((resolve) => {
      setTimeout(() => {
        requests.open--
        resolve()
      }, ms)
    })
  }
  return { requests, send }
}

/** Settles work that waits for times; fails where it goes on without end. */
async function settled(work: Promise<unknown>): Promise<void> {
  work.catch(() => undefined)
  await vi.runAllTimersAsync()
  await work
}

const asked = { sizes: [1, 10], warmUp: 1, rounds: 2, concurrency: 3, uniform: () => 0.999 }

test('where no round is asked for, nothing is sent', async () => {
  const { requests, send } = server(() => 1)
  await settled(measureRounds(send, { ...asked, rounds: 0 }, () => undefined))
  expect(requests.sent).toBe(0)
})

test('rounds come in order and as many as asked for, also where later ones are complete first', async () => {
  // the first request after the warm-up is answered last
  const { send } = server((request) => (request === 2 ? 50 : 1 + request))
  const rounds: (readonly number[])[] = []
  await settled(measureRounds(send, asked, (samplesMs) => void rounds.push(samplesMs)))
  expect(rounds).toEqual([
    [50, 4],
    [5, 6],
  ])
})

test('a round that cannot be kept ends the measurement with its error', async () => {
  const { send } = server(() => 1)
  const full = async () => {
    throw new Error('disk full')
  }
  await expect(settled(measureRounds(send, { ...asked, rounds: 1 }, full))).rejects.toThrow('disk full')
})

const endless = { ...asked, sizes: [1], warmUp: 0, rounds: 100 }

test('the times of requests that are under way at the end are dropped', async () => {
  const { requests, send } = server((request) => 1 + request)
  const rounds: (readonly number[])[] = []
  const two = { ...endless, rounds: 2, concurrency: 4 }
  await settled(measureRounds(send, two, (samplesMs) => void rounds.push(samplesMs)))
  expect(rounds).toEqual([[1], [2]])
  expect(requests).toEqual({ sent: 5, open: 0 })
})

test('a request that fails ends the measurement, once all others are answered', async () => {
  const { requests, send } = server((request) => 10 * request)
  const failing: Send = (size) => {
    if (requests.sent < 3) return send(size)
    return Promise.reject(new Error('lost'))
  }
  const open: number[] = []
  const measuring = measureRounds(failing, endless, () => undefined)
  measuring.catch(() => open.push(requests.open))
  await expect(settled(measuring)).rejects.toThrow('lost')
  expect(open).toEqual([0])
})

test('a signal ends the measurement before its next request', async () => {
  const { requests, send } = server(() => 1)
  const signal = AbortSignal.abort(new Error('stop'))
  const measuring = measureRounds(send, { ...endless, signal }, () => undefined)
  await expect(settled(measuring)).rejects.toThrow('stop')
  expect(requests.sent).toBe(0)
})

test('a round has each number once, and may leave each in its place', () => {
  const inPlace = shuffledRounds(3, () => 0.999)
  expect(Array.from({ length: 6 }, inPlace)).toEqual([0, 1, 2, 0, 1, 2])
  const moved = shuffledRounds(3, () => 0)
  expect(Array.from({ length: 3 }, moved)).toEqual([1, 2, 0])
})

test.each([
  [[3], 3],
  [[4, 1], 1],
  [[4, 1, 3, 2], 2],
  [[9, 1, 10], 9],
])('the median of %j is %d', (values, median) => {
  expect(medianOf(values)).toBe(median)
})
