/**
 * What the dispatcher of a live run learns from: the time of a batch that has failed says nothing about its server. And
 * what a pacer that is late or fails does to a run.
 */
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test, vi } from 'vitest'
import { policyOf } from '../../../src/dispatch/policies.ts'
import type { SendBatch } from '../../../src/serve/driver/batch-sender.ts'
import { runLive } from '../../../src/serve/driver/live-run.ts'
import { problem } from '../../../src/serve/grpc/client/client-call.ts'
import { CallFailure } from '../../../src/serve/grpc/client/remote-method.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { checkerOf } from './checkers.ts'
import { faked } from './faked-run.ts'

/** By batch that has ended: whether the dispatcher learns from it. */
const completed = vi.hoisted(() => [] as (boolean | undefined)[])

vi.mock('../../../src/dispatch/dispatcher.ts', async (original) => {
  const real = await original<typeof import('../../../src/dispatch/dispatcher.ts')>()
  const createDispatcher: typeof real.createDispatcher = (options) => {
    const dispatcher = real.createDispatcher(options)
    const { complete } = dispatcher
    return Object.assign(dispatcher, {
      complete(...[slot, nowMs, isServed]: Parameters<typeof complete>) {
        completed.push(isServed)
        return complete(slot, nowMs, isServed)
      },
    })
  }
  return { ...real, createDispatcher }
})

/** Tells the run that its pacer has failed. */
let failPacer: (error: Error) => void = () => undefined
/** Whether the pacer passes on all queries together, once the last of them is due. */
let isHeld = false

vi.mock('../../../src/serve/driver/pacer.ts', async (original) => {
  const real = await original<typeof import('../../../src/serve/driver/pacer.ts')>()
  const startPacer: typeof real.startPacer = (arrivalMs, originMs, onDue, onError) => {
    failPacer = onError
    const pass = (due: number) => {
      if (!isHeld || due === arrivalMs.length) onDue(due)
    }
    return real.startPacer(arrivalMs, originMs, pass, onError)
  }
  return { ...real, startPacer }
})

const refused = new CallFailure(problem(status.INVALID_ARGUMENT, 'no', 'server'))

/**
 * Runs four queries: the first fills a batch, and the others are one once they have arrived.
 *
 * @param errorOf what is answered to the n-th request
 */
async function runOf(areJoined: boolean, errorOf: (nth: number) => CallFailure | null) {
  completed.length = 0
  let nth = 0
  let answerFirst: () => void = () => undefined
  const send: SendBatch = (_items, _waitedMs, _limitMs, ended) => {
    const error = errorOf(nth)
    if (nth++ === 0) answerFirst = () => ended(Number.NaN)
    else setImmediate(ended, error ?? Number.NaN)
    return { cancel: () => undefined }
  }
  const workload = { ...smallWorkload(), qosMs: 60_000, batching: { maxBatch: 10 } }
  return runLive(
    {
      ...{ workload, types: workload.latency.types, counts: [1, 0], addresses: ['a:1'] },
      trace: { arrivalMs: new Float64Array(4), batchSize: Float64Array.of(10, 1, 1, 1) },
      ...{ policy: policyOf('triton'), timeoutMs: 1_000, areJoined, endsEarly: false },
      onProgress({ waiting }) {
        if (waiting === 3) answerFirst()
      },
    },
    [send],
    checkerOf(false),
  )
}

test('nothing is learned from a batch of which one query has failed', async () => {
  const { failures } = await runOf(false, (nth) => (nth === 1 ? refused : null))
  expect(failures).toMatchObject([{ query: 1 }])
  expect(completed).toEqual([true, false])
})

test('nothing is learned from a joined request that is sent again in parts, which are answered', async () => {
  const { failures, refusedBatches } = await runOf(true, (nth) => (nth === 1 ? refused : null))
  expect(failures).toEqual([])
  expect(refusedBatches).toMatchObject([{ instance: 0, items: 3 }])
  expect(completed).toEqual([true, false])
})

test('a run ends where its pacer fails', async () => {
  const running = runOf(false, (nth) => {
    if (nth === 0) failPacer(new Error('out of memory'))
    return null
  })
  await expect(running).rejects.toThrow('out of memory')
})

test('the lag of a query is the time from its arrival until it is passed on', async () => {
  isHeld = true
  onTestFinished(() => {
    isHeld = false
  })
  const { run } = faked([0, 30, 50], () => null)
  const { lagMs } = await run()
  expect(lagMs[0] - lagMs[2]).toBeCloseTo(50, 6)
  expect(lagMs[1] - lagMs[2]).toBeCloseTo(20, 6)
})
