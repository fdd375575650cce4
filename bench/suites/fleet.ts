/**
 * The pool of a router with 1,000 servers: what a decision, a request and an answer cost, and how long a change of the
 * fleet keeps everything else waiting. Servers answer in virtual time; what the pool does takes processor time.
 */
import { policyOf } from '../../src/dispatch/policies.ts'
import { generateTrace, readWorkload } from '../../src/index.ts'
import { percentileOf } from '../../src/model/results/latencies.ts'
import { binOf, type Workload } from '../../src/model/workload/workload.ts'
import type { Clock } from '../../src/serve/clock.ts'
import type { Backend } from '../../src/serve/router/backends/backend.ts'
import type { PoolListener } from '../../src/serve/router/events.ts'
import { createSlotTable } from '../../src/serve/router/fleet/shared-slots.ts'
import { createPool } from '../../src/serve/router/pool/pool.ts'
import { type Figure, grid, type SuiteResult } from '../measure.ts'

/** Servers of each type: 72 times the best published fleet of rm2, whose bound is 143.58 queries a second. */
const COUNTS = { 'g4dn.xlarge': 72, 'r5n.large': 936 }
const BOUND = 72 * 143.58

/** The model takes as many times as long as rm2, so that one process can route for so many servers. */
const SLOWER = 10

/** Servers that leave and join at once. */
const CHANGED = 200

const QUERIES = 20_000
const WARM_UP = 5_000

/** The share of the bound that is asked for. */
const LOAD = 0.95

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const workload = slowed(await readWorkload('rm2'))
  const trace = generateTrace({
    arrivals: 'poisson',
    rate: (LOAD * BOUND) / SLOWER,
    queries: QUERIES,
    seed: 3,
    mix: workload.mix,
  })
  const measured = await drive(workload, trace.arrivalMs, trace.batchSize)
  const { decisionUs, submitUs, replyUs, changeMs, late } = measured
  const line = (name: string, values: Float64Array) => [
    name,
    ...[50, 99, 100].map((percentile) => percentileOf(values, percentile).toFixed(1)),
  ]
  print(
    `a router with 1,000 servers of a model ten times as slow as rm2 at ${Math.round((LOAD * BOUND) / SLOWER)} requests a second, ${(100 * late).toFixed(2)}% late\n` +
      grid([
        ['µs', 'p50', 'p99', 'most'],
        line('decision', decisionUs),
        line('request, its decision included', submitUs),
        line('answer, its decision included', replyUs),
      ]) +
      `${CHANGED} servers leave and ${CHANGED} join, the longest pause: ${changeMs.map((ms) => ms.toFixed(1)).join(', ')} ms\n`,
  )
  const figures: Figure[] = [
    {
      what: 'decision in a router with 1,000 servers, p99',
      value: percentileOf(decisionUs, 99),
      unit: 'µs',
      goal: { atMost: 50 },
    },
    { what: 'request and decision with 1,000 servers, p99', value: percentileOf(submitUs, 99), unit: 'µs' },
    { what: 'answer and decision with 1,000 servers, p99', value: percentileOf(replyUs, 99), unit: 'µs' },
    {
      what: `longest pause when ${CHANGED} of 1,000 servers change at once`,
      value: Math.max(...changeMs),
      unit: 'ms',
      goal: { atMost: 20 },
    },
  ]
  return { suite: 'fleet', timings: [], figures }
}

function slowed(workload: Workload): Workload {
  const { latency, qosMs } = workload
  const times = (values: Float64Array) => values.map((ms) => SLOWER * ms)
  const slow = { ...latency, meanMs: times(latency.meanMs), knotsMs: times(latency.knotsMs) }
  return { ...workload, qosMs: SLOWER * qosMs, latency: slow }
}

/** Processor time of this process, ms: other programs do not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Virtual time, which real work moves on. */
function createTime() {
  /** Latest first. */
  const due: { atMs: number; work: () => void }[] = []
  let [baseMs, sinceMs] = [0, cpuMs()]
  let isStill = false
  const clock: Clock = {
    now: () => (isStill ? baseMs : baseMs + (cpuMs() - sinceMs)),
    stalledMs: () => 0,
    after(ms, work) {
      const entry = { atMs: clock.now() + ms, work }
      let [low, high] = [0, due.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if (due[middle].atMs > entry.atMs) low = middle + 1
        else high = middle
      }
      due.splice(low, 0, entry)
      return {
        // kept until they are due, they would be most of the garbage
        cancel() {
          const at = due.indexOf(entry)
          if (at >= 0) due.splice(at, 1)
        },
      }
    },
  }
  const dueNow = (): (() => void) | undefined => {
    if (due.length === 0 || due[due.length - 1].atMs > baseMs) return undefined
    return due.pop()!.work
  }
  const moveTo = (ms: number) => {
    baseMs = Math.max(clock.now(), ms)
    sinceMs = cpuMs()
  }
  return {
    clock,
    /**
     * Runs work for which no time passes, then what is due at once: asking for the processor time takes microseconds,
     * which a real clock does not, and a change of the fleet asks a thousand times. Returns what the longest turn of
     * the event loop took, ms.
     */
    async still(work: () => void): Promise<number> {
      moveTo(clock.now())
      isStill = true
      let longestMs = 0
      for (let next: (() => void) | undefined = work; next; next = dueNow()) {
        const startMs = cpuMs()
        next()
        await new Promise((resolve) => setImmediate(resolve))
        longestMs = Math.max(longestMs, cpuMs() - startMs)
      }
      isStill = false
      return longestMs
    },
    /** Runs everything that is due before a time, then is at that time. */
    async runUntil(ms: number): Promise<void> {
      while (due.length > 0 && due[due.length - 1].atMs <= ms) {
        const { atMs, work } = due.pop()!
        moveTo(atMs)
        work()
        await Promise.resolve()
      }
      moveTo(ms)
    },
  }
}

async function drive(workload: Workload, arrivalMs: Float64Array, batchSize: Float64Array) {
  const { clock, still, runUntil } = createTime()
  const { latency } = workload
  const bins = latency.batchSizes.length
  const [decisions, submits, replies]: number[][] = [[], [], []]
  let late = 0
  let isWarm = false
  const nothing = () => undefined
  const listener: PoolListener = {
    decided: (ms) => isWarm && decisions.push(1000 * ms),
    answered(figures) {
      if (isWarm && figures.late) late++
    },
  }
  const timed = (into: number[], work: () => void) => {
    const startMs = cpuMs()
    work()
    if (isWarm) into.push(1000 * (cpuMs() - startMs))
  }
  const backendOf = (type: number): Backend => ({
    send(job, _waitedMs, _timeoutMs, replied) {
      const ms = latency.meanMs[type * bins + binOf(latency.batchSizes, job.batch)]
      return clock.after(ms, () =>
        timed(replies, () => replied({ kind: 'answer', response: Buffer.alloc(0) })),
      )
    },
    model: latency.types[type],
    ask: () => ({ cancel: nothing }),
    speaks: () => true,
    rest: nothing,
    metadata: nothing,
    check: async () => undefined,
    watch: nothing,
    isWatched: false,
    isLeaving: false,
    close: nothing,
  })
  const pool = createPool({
    workload,
    policy: policyOf('priced'),
    limits: { queue: 10_000, admission: 'target' },
    healthIntervalMs: 1_000,
    clock,
    listeners: [listener],
    slotTable: createSlotTable(),
    maxMessageBytes: Infinity,
    backendGeneration: () => 0,
    openBackend: ({ type }) => backendOf(latency.types.indexOf(type)),
  })
  const fleet = Object.entries(COUNTS).flatMap(([type, count]) =>
    Array.from({ length: count }, (_, i) => ({ address: `${type}-${i}:1`, type })),
  )
  pool.setServers(fleet)
  await runUntil(1_000)
  const changeMs: number[] = []
  let current = fleet
  for (let query = 0; query < arrivalMs.length; query++) {
    await runUntil(1_000 + arrivalMs[query])
    isWarm = query > WARM_UP
    if (isWarm && query % 5_000 === 0) {
      const stay = current.slice(CHANGED)
      const join = current
        .slice(0, CHANGED)
        .map(({ type }, i) => ({ address: `${type}-${query}-${i}:1`, type }))
      current = [...stay, ...join]
      changeMs.push(await still(() => pool.setServers(current)))
    }
    const job = {
      ...({ protocol: 'scheduler', request: Buffer.alloc(10), batch: Math.ceil(batchSize[query]) } as const),
      ...{ arrivalMs: clock.now(), deadlineMs: Infinity, settle: nothing },
    }
    timed(submits, () => pool.submit(job))
  }
  await runUntil(clock.now() + 10_000)
  pool.close()
  const sorted = (values: number[]) => Float64Array.from(values).sort()
  return {
    ...{ decisionUs: sorted(decisions), submitUs: sorted(submits), replyUs: sorted(replies), changeMs },
    late: late / (arrivalMs.length - WARM_UP),
  }
}
