import { status } from '@grpc/grpc-js'
import { kairos } from '../../../src/dispatch/kairos.ts'
import type { Policy } from '../../../src/dispatch/policy.ts'
import type { FleetServer } from '../../../src/model/fleet/fleet.ts'
import type { Batching } from '../../../src/model/workload/batching.ts'
import { binOf, type Workload } from '../../../src/model/workload/workload.ts'
import type { Clock } from '../../../src/serve/clock.ts'
import { inference } from '../../../src/serve/protocols/inference.ts'
import type { PoolLimits } from '../../../src/serve/router/admission/admission.ts'
import type { PoolEvents, PoolListener } from '../../../src/serve/router/events.ts'
import { createSlotTable, type SlotTable } from '../../../src/serve/router/fleet/shared-slots.ts'
import type { Job, Outcome, Payload, Reply } from '../../../src/serve/router/job.ts'
import { createPool } from '../../../src/serve/router/pool/pool.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

/** A clock that moves only in `runUntil`. */
export function createVirtualClock() {
  const due: { at: number; order: number; work: () => void }[] = []
  let nowMs = 0
  let order = 0
  let stalledMs = 0
  const clock: Clock = {
    now: () => nowMs,
    stalledMs: () => stalledMs,
    after(ms, work) {
      const entry = { at: nowMs + Math.max(0, ms), order: order++, work }
      due.push(entry)
      due.sort((a, b) => a.at - b.at || a.order - b.order)
      return {
        cancel() {
          const i = due.indexOf(entry)
          if (i >= 0) due.splice(i, 1)
        },
      }
    },
  }
  return {
    clock,
    /** How many timers are set. */
    get timers() {
      return due.length
    },
    /** Says that the event loop has stood still; time does not move. */
    noteStall(ms: number) {
      stalledMs += ms
    },
    async runUntil(ms: number) {
      await settled()
      while (due.length > 0 && due[0].at <= ms) {
        const { at, work } = due.shift()!
        nowMs = Math.max(nowMs, at)
        work()
        await settled()
      }
      nowMs = ms
    },
  }
}

/** A server that answers no questions about its model, and reports no changes of its health. */
const UNASKED = {
  model: '',
  ask: () => ({ cancel: () => undefined }),
  rest: () => undefined,
  metadata: () => undefined,
  watch: () => undefined,
  isWatched: false,
}

/** Lets the callbacks of resolved promises run. */
async function settled(): Promise<void> {
  for (let i = 0; i < 4; i++) await Promise.resolve()
}

/**
 * A server that is `stuck` passes its checks and answers nothing else. One that is `stopping` answers what it has
 * begun. One that is `narrow` answers requests of up to ten items.
 */
export type Mode =
  | 'well'
  | 'dead'
  | 'stopping'
  | 'hung'
  | 'stuck'
  | 'garbage'
  | 'narrow'
  | 'refusing'
  | 'declining'
  | 'failing'

/** A server in virtual time, which serves one query at a time in each slot; others wait. */
export interface VirtualServer {
  mode: Mode
  /** What its checks find, whatever its mode. */
  problem?: string
  slower: number
  /** What each query takes besides its table, ms. */
  overheadMs: number
  /** Queries that it has begun. */
  begun: number
  /** The time limit of each query that it has begun, ms. */
  limitsMs: number[]
  /** When it was checked, ms. */
  checkedMs: number[]
  /** When each slot will have served its queries, ms. */
  freeMs: number[]
  /** Queries that it serves at the moment, and the most at any moment. */
  serving: number
  mostServing: number
}

/** A healthy server that has served nothing. */
export function freshServer(slots = 1): VirtualServer {
  const freeMs = new Array<number>(slots).fill(0)
  return {
    mode: 'well',
    slower: 1,
    overheadMs: 0,
    begun: 0,
    limitsMs: [],
    checkedMs: [],
    freeMs,
    serving: 0,
    mostServing: 0,
  }
}

const FAILURE = {
  dead: { kind: 'failure', code: status.UNAVAILABLE, details: 'dead', origin: 'connection' },
  stopping: { kind: 'failure', code: status.UNAVAILABLE, details: 'stopping', origin: 'connection' },
  hung: { kind: 'failure', code: status.DEADLINE_EXCEEDED, details: 'hung', origin: 'deadline' },
  stuck: { kind: 'failure', code: status.DEADLINE_EXCEEDED, details: 'stuck', origin: 'deadline' },
  garbage: { kind: 'failure', code: status.INTERNAL, details: 'garbage', origin: 'invalid' },
  narrow: { kind: 'failure', code: status.INVALID_ARGUMENT, details: 'too many items', origin: 'server' },
  refusing: { kind: 'refusal', code: status.FAILED_PRECONDITION, details: 'no' },
  declining: { kind: 'failure', code: status.UNAVAILABLE, details: 'not now', origin: 'server' },
  failing: { kind: 'failure', code: status.INTERNAL, details: 'out of memory', origin: 'server' },
} as const satisfies Record<string, Reply>

const { requestSerialize, requestDeserialize, responseSerialize } = inference.ModelInfer
const NAMES = { modelName: 'small', modelVersion: '', id: '' }
const FATES: readonly (Mode | undefined)[] = [undefined, ...(Object.keys(FAILURE) as Mode[])]

/** A request with a byte for each item, which is its fate. */
function inferRequest(batch: number, fate: Mode | undefined): Buffer {
  const inputs = [{ name: 'x', datatype: 'UINT8', shape: [batch] }]
  return requestSerialize({ ...NAMES, inputs, rawInputContents: [Buffer.alloc(batch, FATES.indexOf(fate))] })
}

/** The fate of a request, or of one of those that are joined in it. */
function fateIn({ protocol, request }: Payload): Mode | undefined {
  if (protocol !== 'inference') return undefined
  return FATES[Math.max(...requestDeserialize(request).rawInputContents![0])]
}

function responseOf({ protocol, batch }: Payload, address: string): Buffer {
  if (protocol !== 'inference') return Buffer.from(address)
  const outputs = [{ name: 'y', datatype: 'UINT8', shape: [batch] }]
  return responseSerialize({ ...NAMES, outputs, rawOutputContents: [Buffer.alloc(batch)] })
}

export interface Asked {
  readonly batch: number
  readonly atMs: number
  /** All outcomes, with their times: there must be one, or none after a cancellation. */
  readonly outcomes: { outcome: Outcome; atMs: number }[]
  cancelled: boolean
}

export const code = ({ outcomes: [first] }: Asked) =>
  first === undefined ? undefined : first.outcome.kind === 'answer' ? status.OK : first.outcome.code

export const latency = ({ atMs, outcomes }: Asked) => outcomes[0].atMs - atMs

/** What pools that share servers have in common. */
export interface Surroundings {
  readonly time: ReturnType<typeof createVirtualClock>
  readonly servers: Map<string, VirtualServer>
  readonly slotTable: SlotTable
}

export function createSurroundings(): Surroundings {
  return { time: createVirtualClock(), servers: new Map(), slotTable: createSlotTable() }
}

type VirtualLimits = Partial<PoolLimits> & { readonly healthIntervalMs?: number }

/** A pool of servers in virtual time. */
export function createVirtualPool(
  workload: Workload,
  { healthIntervalMs = 1000, ...limits }: VirtualLimits = {},
  policy: Policy = kairos,
  { time, servers, slotTable }: Surroundings = createSurroundings(),
) {
  const { clock } = time
  /** What happens to a request on any server, unless it is joined. */
  const fates = new WeakMap<Payload, Mode>()
  /** Requests that have been sent to a server, each alone. */
  const begun = new WeakSet<Payload>()
  const log: string[] = []
  /** Why attempts failed that were followed by another one. */
  const causes: string[] = []
  /** Why servers were taken out. */
  const outDetails: string[] = []
  /** How often each move of a request occurred. */
  const moves = new Map<string, number>()
  const answers: Parameters<PoolEvents['answered']>[0][] = []
  const events: PoolListener = {
    answered: (figures) => answers.push(figures),
    retried(address, _code, cause, details) {
      log.push(`retried ${address}`)
      causes.push(details === undefined ? cause : `${cause}: ${details}`)
    },
    serverUp: (address) => log.push(`joined ${address}`),
    ejected(address, reason, details) {
      log.push(`ejected ${address} ${reason}`)
      outDetails.push(details)
    },
    serverNotReady: (address, details) => log.push(`awaited ${address}: ${details}`),
    serverRemoved: (address) => log.push(`left ${address}`),
    moved: (from, event) => moves.set(`${from} ${event}`, (moves.get(`${from} ${event}`) ?? 0) + 1),
  }
  const { latency: table } = workload
  const pool = createPool({
    workload,
    policy,
    limits: { queue: 1000, admission: 'all', ...limits },
    healthIntervalMs,
    clock,
    listeners: [events],
    slotTable,
    maxMessageBytes: Infinity,
    backendGeneration: () => 0,
    openBackend({ address, type, slots }) {
      const server: VirtualServer = servers.get(address) ?? freshServer(slots)
      servers.set(address, server)
      return {
        ...UNASKED,
        send(payload, _waitedMs, timeoutMs, replied) {
          const t = table.types.indexOf(type)
          const bins = table.batchSizes.length
          server.begun++
          server.limitsMs.push(timeoutMs)
          begun.add(payload)
          const meanMs = table.meanMs[t * bins + binOf(table.batchSizes, payload.batch)]
          const given = fates.get(payload) ?? fateIn(payload) ?? server.mode
          const mode = given === 'narrow' && payload.batch <= 10 ? 'well' : given
          const slot = server.freeMs.indexOf(Math.min(...server.freeMs))
          const doneMs =
            Math.max(server.freeMs[slot], clock.now()) + server.slower * meanMs + server.overheadMs
          if (mode === 'well') server.freeMs[slot] = doneMs
          const answered = doneMs - clock.now()
          server.serving++
          server.mostServing = Math.max(server.mostServing, server.serving)
          const isInTime = mode === 'well' && answered <= timeoutMs
          const failure = mode === 'well' ? FAILURE.hung : FAILURE[mode]
          const failedMs = 'origin' in failure && failure.origin === 'deadline' ? timeoutMs : 0.1
          const timer = clock.after(isInTime ? answered : failedMs, () => {
            server.serving--
            const answers = ['well', 'narrow', 'stopping'].includes(server.mode)
            if (!isInTime) replied(failure)
            else if (!answers) replied(FAILURE[server.mode as keyof typeof FAILURE])
            else replied({ kind: 'answer', response: responseOf(payload, address) })
          })
          return {
            cancel() {
              timer.cancel()
              server.serving--
            },
          }
        },
        speaks: (protocol) => protocol === 'inference',
        async check() {
          server.checkedMs.push(clock.now())
          if (server.problem !== undefined) return server.problem
          return ['dead', 'stopping', 'hung'].includes(server.mode) ? 'no answer' : undefined
        },
        get isLeaving() {
          return server.mode === 'stopping'
        },
        close: () => log.push(`closed ${address}`),
      }
    },
  })
  const asked: Asked[] = []
  return {
    ...time,
    pool,
    servers,
    log,
    causes,
    outDetails,
    answers,
    moves,
    asked,
    hasBegun: (job: Job) => begun.has(job),
    /** Submits a job. A client cancels at its deadline, ms from now. */
    ask(batch: number, deadlineMs = Infinity, fate?: Mode) {
      const one: Asked = { batch, atMs: clock.now(), outcomes: [], cancelled: false }
      asked.push(one)
      const job: Job = {
        // with batching, requests that can be joined
        ...(workload.batching
          ? { protocol: 'inference', request: inferRequest(batch, fate) }
          : { protocol: 'scheduler', request: Buffer.alloc(100) }),
        batch,
        arrivalMs: clock.now(),
        deadlineMs: clock.now() + deadlineMs,
        settle: (outcome) => one.outcomes.push({ outcome, atMs: clock.now() }),
      }
      if (fate) fates.set(job, fate)
      pool.submit(job)
      const cancel = () => {
        if (one.outcomes.length > 0) return
        one.cancelled = true
        pool.cancel(job)
      }
      if (deadlineMs < Infinity) clock.after(deadlineMs, cancel)
      return { asked: one, job, cancel }
    },
  }
}

const small = smallWorkload()

export const FLEET = [
  { address: 'a:1', type: 'fast' },
  { address: 'b:1', type: 'slow' },
]

/** A pool of the small workload whose servers are up. */
export async function startPool(
  fleet: readonly FleetServer[] = FLEET,
  limits: VirtualLimits = {},
  policy = kairos,
  batching?: Batching,
) {
  const virtual = createVirtualPool(batching ? { ...small, batching } : small, limits, policy)
  virtual.pool.setServers(fleet)
  await virtual.runUntil(1)
  return virtual
}
