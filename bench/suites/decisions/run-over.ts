import type { ReplayInput } from '../../../src/kernel/dispatch-contract.ts'
import type { RunDispatcher } from './simple-dispatchers.ts'

export interface Run {
  readonly startMs: Float64Array
  readonly finishMs: Float64Array
  /** What each decision took, with the arrivals just before it. Arrivals that no decision follows are not in it. */
  readonly decisionNs: number[]
}

/** Replays a trace over any dispatcher, with completions in a binary heap. */
export function runOver(dispatcher: RunDispatcher, input: ReplayInput): Run {
  const { arrivalMs, bin, bins, instanceType, sampled } = input
  const queries = arrivalMs.length
  const startMs = new Float64Array(queries)
  const finishMs = new Float64Array(queries)
  const decisionNs: number[] = []
  const events = eventHeap(instanceType.length)
  let arrived = 0
  for (;;) {
    const nowMs = Math.min(arrived < queries ? arrivalMs[arrived] : Infinity, events.first())
    if (nowMs === Infinity) return { startMs, finishMs, decisionNs }
    while (events.first() <= nowMs) dispatcher.complete(events.pop(), nowMs)
    const before = process.hrtime.bigint()
    for (; arrived < queries && arrivalMs[arrived] <= nowMs; arrived++) {
      dispatcher.arrive(arrived, bin[arrived], arrivalMs[arrived])
    }
    if (dispatcher.pending === 0 || dispatcher.idle === 0) continue
    const started = dispatcher.decide(nowMs)
    decisionNs.push(Number(process.hrtime.bigint() - before))
    const { startedQuery, startedInstance } = dispatcher
    for (let i = 0; i < started; i++) {
      const query = startedQuery[i]
      const instance = startedInstance[i]
      startMs[query] = nowMs
      finishMs[query] = nowMs + serviceMs(sampled!, instanceType[instance] * bins + bin[query], query)
      events.push(finishMs[query], instance)
    }
  }
}

function serviceMs(
  { levels, knotsMs, uniform }: NonNullable<ReplayInput['sampled']>,
  cell: number,
  query: number,
): number {
  const at = cell * levels.length
  let i = 1
  while (i < levels.length - 1 && levels[i] < uniform[query]) i++
  const share = (uniform[query] - levels[i - 1]) / (levels[i] - levels[i - 1])
  return knotsMs[at + i - 1] + share * (knotsMs[at + i] - knotsMs[at + i - 1])
}

/** A binary heap of times and instances. */
function eventHeap(capacity: number) {
  const time = new Float64Array(capacity + 1)
  const instance = new Int32Array(capacity + 1)
  let count = 0
  const isBefore = (a: number, b: number) =>
    time[a] < time[b] || (time[a] === time[b] && instance[a] < instance[b])
  const swap = (a: number, b: number) => {
    ;[time[a], time[b]] = [time[b], time[a]]
    ;[instance[a], instance[b]] = [instance[b], instance[a]]
  }
  return {
    first: () => (count > 0 ? time[1] : Infinity),
    push(at: number, number: number) {
      let node = ++count
      time[node] = at
      instance[node] = number
      for (; node > 1 && isBefore(node, node >> 1); node >>= 1) swap(node, node >> 1)
    },
    pop(): number {
      const first = instance[1]
      swap(1, count--)
      for (let node = 1; 2 * node <= count; ) {
        const child = 2 * node + 1 <= count && isBefore(2 * node + 1, 2 * node) ? 2 * node + 1 : 2 * node
        if (!isBefore(child, node)) break
        swap(child, node)
        node = child
      }
      return first
    },
  }
}
