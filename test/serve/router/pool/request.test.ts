import { readFileSync } from 'node:fs'
import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import type { Attempt, Member } from '../../../../src/serve/router/fleet/attempt.ts'
import type { Failure, Job, Outcome } from '../../../../src/serve/router/job.ts'
import { afterFailure, createRequests, type Requests } from '../../../../src/serve/router/pool/request.ts'
import {
  REQUEST_MOVES,
  type RequestEvent,
  type RequestState,
} from '../../../../src/serve/router/request-states.ts'

test('docs/router.md draws the moves of the table, and no others', () => {
  const page = readFileSync(new URL('../../../../docs/router.md', import.meta.url), 'utf8')
  const [diagram] = /stateDiagram-v2[\s\S]*?```/.exec(page.slice(page.indexOf('## The life of a request')))!
  const drawn = [...diagram.matchAll(/^ *(\w+) --> (\w+) : (\w+)$/gm)].map(([, ...move]) => move.join(' '))
  const moves = Object.entries(REQUEST_MOVES).flatMap(([from, byEvent]) =>
    Object.entries(byEvent).map(([event, to]) => `${from} ${to} ${event}`),
  )
  expect(drawn.sort()).toEqual(moves.sort())
  const ends = [...diagram.matchAll(/^ *(\w+) --> \[\*\]$/gm)].map(([, state]) => state)
  const terminal = Object.keys(REQUEST_MOVES).filter(
    (state) => Object.keys(REQUEST_MOVES[state as RequestState]).length === 0,
  )
  expect(ends.sort()).toEqual(terminal.sort())
})

const attempt = {} as Attempt
const outcome: Outcome = { kind: 'refusal', code: status.UNAVAILABLE, details: '' }

function createJob(outcomes: Outcome[] = []): Job {
  return {
    protocol: 'scheduler',
    request: Buffer.alloc(10),
    batch: 1,
    arrivalMs: 0,
    deadlineMs: Infinity,
    settle: (one) => outcomes.push(one),
  }
}

test('all that wait for the last request hear of its end', async () => {
  const requests = createRequests(() => undefined)
  const request = requests.accept(createJob(), 0, false)
  const heard: number[] = []
  for (const place of [1, 2]) void requests.emptied().then(() => heard.push(place))
  requests.cancel(request)
  await requests.emptied()
  expect(heard).toEqual([1, 2])
})

describe('a request', () => {
  /** How a request gets into each state, and each event after `accept`. */
  const paths: Record<Exclude<RequestState, 'arrived'>, RequestEvent[]> = {
    waiting: [],
    running: ['start'],
    answered: ['start', 'answer'],
    refused: ['refuse'],
    cancelled: ['cancel'],
  }
  const apply = (requests: Requests, request: ReturnType<Requests['accept']>, event: RequestEvent) => {
    if (event === 'start') requests.start(request, attempt)
    else if (event === 'retry') requests.retry(request, 0)
    else if (event === 'cancel') requests.cancel(request)
    else if (event === 'answer') requests.answer(request, outcome)
    else requests.refuse(request, outcome)
  }
  const cases = Object.entries(paths).flatMap(([state, path]) =>
    (['start', 'retry', 'answer', 'refuse', 'cancel'] as const).map((event) => ({
      state: state as RequestState,
      path,
      event,
    })),
  )

  test.each(cases)('that is $state: $event', ({ state, path, event }) => {
    const moves: string[] = []
    const outcomes: Outcome[] = []
    const requests = createRequests((from, moved) => moves.push(`${from} ${moved}`))
    const request = requests.accept(createJob(outcomes), 0, false)
    for (const step of path) apply(requests, request, step)
    expect(request.state).toBe(state)
    const before = outcomes.length
    const next = REQUEST_MOVES[state][event]
    if (next === undefined) {
      expect(() => apply(requests, request, event)).toThrow(
        `a request that is ${state} got the event ${event}`,
      )
      expect([request.state, outcomes.length]).toEqual([state, before])
      return
    }
    apply(requests, request, event)
    expect(request.state).toBe(next)
    expect(moves.at(-1)).toBe(`${state} ${event}`)
    expect(requests.waiting.has(request.number)).toBe(next === 'waiting')
    expect(request.attempt).toBe(next === 'running' ? attempt : undefined)
    const hasEnded = next !== 'waiting' && next !== 'running'
    expect(requests.all()).toEqual(hasEnded ? [] : [request])
    expect(outcomes).toHaveLength(next === 'answered' || next === 'refused' ? 1 : 0)
  })

  test('that is refused on arrival gets its outcome and is not kept', () => {
    const outcomes: Outcome[] = []
    const requests = createRequests(() => undefined)
    requests.reject(createJob(outcomes), outcome)
    expect([outcomes, requests.all()]).toEqual([[outcome], []])
  })

  test('waits in the order in which its current wait began', () => {
    const requests = createRequests(() => undefined)
    const [first, second, third] = [1, 2, 3].map(() => requests.accept(createJob(), 0, false))
    requests.start(first, attempt)
    requests.retry(first, 5)
    expect([...requests.waiting.values()]).toEqual([second, third, first])
    expect([first, second, third].map(({ waitingSinceMs }) => waitingSinceMs)).toEqual([5, 0, 0])
    requests.restartWait(7)
    expect([...requests.waiting.values()]).toEqual([second, third, first])
    expect([first, second, third].map(({ waitingSinceMs }) => waitingSinceMs)).toEqual([7, 7, 7])
  })

  test('emptied resolves when the last one has ended', async () => {
    const requests = createRequests(() => undefined)
    await requests.emptied()
    const request = requests.accept(createJob(), 0, false)
    let empty = false
    const emptied = requests.emptied().then(() => {
      empty = true
    })
    await Promise.resolve()
    expect(empty).toBe(false)
    requests.cancel(request)
    await emptied
    expect(empty).toBe(true)
  })
})

describe('after a failed attempt', () => {
  const failure = (code: status, origin: Failure['origin']): Failure => ({
    kind: 'failure',
    code,
    details: 'no',
    origin,
  })
  /** What follows each of the failures, on a server of its own. */
  function follow(failures: readonly Failure[], hasOthers: boolean) {
    const requests = createRequests(() => undefined)
    const request = requests.accept(createJob(), 0, false)
    return failures.map((one) => {
      if (request.state === 'waiting') requests.start(request, attempt)
      requests.noteFailure(request, {} as Member, one, 0)
      const next = afterFailure(request, one, hasOthers)
      if (next.event === 'retry') requests.retry(request, 0)
      return next.event === 'retry' ? 'retry' : next.reason
    })
  }

  test.each<[string, Failure]>([
    ['an unreachable server', failure(status.UNAVAILABLE, 'connection')],
    ['a hung server', failure(status.DEADLINE_EXCEEDED, 'deadline')],
    ['an invalid response', failure(status.INTERNAL, 'invalid')],
  ])('%s: two more attempts, on the same server if there is no other', (_what, one) => {
    expect(follow([one, one, one], true)).toEqual(['retry', 'retry', 'failed'])
    expect(follow([one, one, one], false)).toEqual(['retry', 'retry', 'failed'])
  })

  test('an error answer is confirmed by one other server', () => {
    const error = failure(status.INTERNAL, 'server')
    expect(follow([error, error], true)).toEqual(['retry', 'rejected'])
    expect(follow([error], false)).toEqual(['rejected'])
  })

  test('an error answer of a server that has not begun is not confirmed by a second one', () => {
    const busy = failure(status.UNAVAILABLE, 'server')
    expect(follow([busy, busy, busy], true)).toEqual(['retry', 'retry', 'rejected'])
  })
})
