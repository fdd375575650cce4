/** The inside of pools after every event: requests, slots and the dispatcher agree, and no slot is forgotten. */
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { Dispatcher } from '../../../../src/dispatch/dispatcher.ts'
import { POLICIES, policyOf } from '../../../../src/dispatch/policies.ts'
import type { FleetServer } from '../../../../src/model/fleet/fleet.ts'
import type { Attempt, Member, Slot } from '../../../../src/serve/router/fleet/attempt.ts'
import type { SharedSlots } from '../../../../src/serve/router/fleet/shared-slots.ts'
import type { Slots } from '../../../../src/serve/router/fleet/slots.ts'
import type { Pool } from '../../../../src/serve/router/pool/pool.ts'
import type { Requests } from '../../../../src/serve/router/pool/request.ts'
import { smallWorkload } from '../../../fixtures/small-workload.ts'
import { createSurroundings, createVirtualPool, type Mode, type Surroundings } from '../virtual.ts'

/** The parts of each pool, in the order in which pools are created. */
const made = vi.hoisted(() => ({
  dispatchers: [] as Dispatcher[],
  requests: [] as Requests[],
  slots: [] as Slots[],
  /** The servers of each, until they are forgotten. */
  members: [] as Map<Member, SharedSlots>[],
}))

/** A function that creates a part, and keeps it. */
const keeping = vi.hoisted(
  () =>
    <Part>(parts: Part[], create: (...args: never[]) => Part) =>
    (...args: never[]): Part => {
      const part = create(...args)
      parts.push(part)
      return part
    },
)
vi.mock('../../../../src/dispatch/dispatcher.ts', async (original) => {
  const real = await original<typeof import('../../../../src/dispatch/dispatcher.ts')>()
  return { ...real, createDispatcher: keeping(made.dispatchers, real.createDispatcher) }
})
vi.mock('../../../../src/serve/router/pool/request.ts', async (original) => {
  const real = await original<typeof import('../../../../src/serve/router/pool/request.ts')>()
  return { ...real, createRequests: keeping(made.requests, real.createRequests) }
})
vi.mock('../../../../src/serve/router/fleet/slots.ts', async (original) => {
  const { createSlots } = await original<typeof import('../../../../src/serve/router/fleet/slots.ts')>()
  const create: typeof createSlots = (...args) => {
    const slots = createSlots(...args)
    const members = new Map<Member, SharedSlots>()
    made.members.push(members)
    return {
      ...slots,
      // a spread reads it once
      get size() {
        return slots.size
      },
      create(member, shared) {
        members.set(member, shared)
        slots.create(member, shared)
      },
      forget(member) {
        slots.forget(member)
        members.delete(member)
      },
    }
  }
  return { createSlots: keeping(made.slots, create) }
})

interface Inside {
  readonly pool: Pool
  readonly dispatcher: Dispatcher
  readonly requests: Requests
  readonly slots: Slots
  readonly members: ReadonlyMap<Member, SharedSlots>
  /** Whether the policy leaves no instance idle while a query is pending. */
  readonly conserves: boolean
}

const MAX_WAIT_MS = 200

/** All slots, those of servers that have left and still answer too. */
const slotsOf = ({ slots, members }: Inside): Slot[] =>
  [...members.keys()].flatMap((member) => slots.of(member))

const stateOf = ({ instance }: Slot, dispatcher: Dispatcher) =>
  instance === undefined ? 'gone' : dispatcher.stateOf(instance)

/** The states that the instance of a slot may have. A busy one that is overdue is gone. */
function possibleStates({ member, batch, held }: Slot): readonly string[] {
  if (member.state !== 'up' || held === 'aside') return ['gone']
  return batch !== undefined || held === 'shared' ? ['busy', 'gone'] : ['idle']
}

/** `expect` takes too long for the thousands of conditions of a run. */
function check(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`does not hold: ${rule}`)
}

function checkRequests(inside: Inside): void {
  const { pool, dispatcher, requests } = inside
  const all = requests.all()
  const waiting = all.filter(({ state }) => state === 'waiting').length
  check(pool.waiting === waiting, 'the requests that wait are counted')
  const apart = waiting - dispatcher.pending
  const mayBeApart = apart === 0 ? 0 : countAvoiding(inside)
  check(apart >= 0 && apart <= mayBeApart, 'the requests that wait are pending, or wait for another server')
  const open = new Set<Attempt>()
  for (const { batch } of slotsOf(inside)) for (const attempt of batch?.open ?? []) open.add(attempt)
  const running = all.filter(({ state, attempt }) => state === 'running' && open.has(attempt!)).length
  check(running === open.size, 'every open attempt is that of a running request')
  check(waiting + running === all.length, 'all others run in a batch that occupies a slot')
}

/** Requests that wait and have failed, and are not tried there again: another server is up. */
function countAvoiding({ requests, members }: Inside): number {
  const up = [...members.keys()].filter(({ state }) => state === 'up')
  const waiting = [...requests.waiting.values()]
  return waiting.filter(({ failedOn }) => failedOn.size > 0 && up.some((member) => !failedOn.has(member)))
    .length
}

function checkSlots(inside: Inside): void {
  const { pool, dispatcher, slots, members } = inside
  let [instances, idle] = [0, 0]
  for (const slot of slotsOf(inside)) {
    const state = stateOf(slot, dispatcher)
    check(
      possibleStates(slot).includes(state),
      `a slot is idle, busy or gone as its server and its batch say; one is ${state}`,
    )
    if (state !== 'gone') instances++
    if (state === 'idle') idle++
  }
  check(slots.size === instances && dispatcher.instances === instances, 'every instance is a slot')
  check(dispatcher.idle === idle, 'every idle instance is a free slot')
  for (const [member, { takenByOthers }] of members) {
    const own = slots.of(member)
    if (member.state !== 'up' || own.some(({ held }) => held === 'aside')) continue
    const held = own.filter((slot) => slot.held === 'shared').length
    const isFull = own.every((slot) => stateOf(slot, dispatcher) !== 'idle')
    const holds = held === takenByOthers || (held < takenByOthers && isFull)
    check(holds, 'as many slots are held as other pools occupy, or all are occupied')
  }
  const inFlight = pool.servers().reduce((sum, server) => sum + server.inFlight, 0)
  let busy = 0
  for (const { member, batch } of slotsOf(inside)) {
    if (member.state !== 'removed' && batch !== undefined) busy += Math.max(1, batch.open.length)
  }
  check(inFlight === busy, 'the requests in flight are counted')
}

function checkProgress({ pool, dispatcher, requests, slots, conserves }: Inside, nowMs: number): void {
  if (pool.up > 0) {
    for (const { waitingSinceMs } of requests.waiting.values()) {
      check(nowMs - waitingSinceMs <= MAX_WAIT_MS + 2, 'no request waits for longer than --max-wait')
    }
  }
  if (dispatcher.idle === 0) return
  if (conserves) {
    const idle = [...slots.all()].filter((slot) => stateOf(slot, dispatcher) === 'idle')
    for (const { failedOn } of requests.waiting.values()) {
      const others = idle.filter(({ member }) => !failedOn.has(member))
      check(others.length === 0, 'no slot is idle while a request waits that its server has not failed')
    }
  }
  if (dispatcher.pending === 0) return
  check(!conserves, 'no slot is idle while a request waits')
  check(dispatcher.idle < dispatcher.instances, 'a request waits for a busy slot, if one is idle')
  for (const { batch, overdueMs } of slots.all()) {
    // another pool may occupy a slot between two decisions of this one
    check(batch === undefined || overdueMs >= nowMs - 1, 'an overdue slot leaves while another one is idle')
  }
}

const SERVERS: FleetServer[] = [
  { address: 'a:1', type: 'fast', slots: 2 },
  { address: 'b:1', type: 'fast' },
  { address: 'c:1', type: 'slow', slots: 3 },
  { address: 'd:1', type: 'fast' },
]
const FAULTS: Mode[] = [
  'dead',
  'stopping',
  'hung',
  'stuck',
  'garbage',
  'narrow',
  'refusing',
  'declining',
  'failing',
]

const POOLS = 2
const which = fc.nat(POOLS - 1)
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('arrive' as const),
      which,
      requests: fc.constantFrom(1, 1, 3, 12),
      batch: fc.constantFrom(1, 10, 10, 100),
      deadlineMs: fc.constantFrom(Infinity, Infinity, 5, 50),
      fate: fc.constantFrom<Mode | undefined>(undefined, undefined, undefined, 'failing', 'hung'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), place: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('disturb' as const),
      server: fc.nat(SERVERS.length - 1),
      mode: fc.constantFrom<Mode>('well', 'well', 'well', ...FAULTS),
      slower: fc.constantFrom(0.5, 1, 3, 30),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fleet' as const),
      which,
      present: fc.array(fc.boolean(), { minLength: SERVERS.length, maxLength: SERVERS.length }),
    }),
  },
)

const run = fc.record({
  policy: fc.constantFrom('fcfs', 'triton', ...POLICIES.map(({ name }) => name)),
  batching: fc.constantFrom(undefined, { maxBatch: 100 }),
  sent: fc.constantFrom('parallel' as const, 'merge' as const),
  pools: fc.integer({ min: 1, max: POOLS }),
  servers: fc.integer({ min: 1, max: SERVERS.length }),
  events: fc.array(fc.tuple(fc.constantFrom(0, 0, 0.1, 1, 5, 30, 300), event), {
    minLength: 10,
    maxLength: 50,
    size: 'max',
  }),
  end: fc.constantFrom('serve', 'drain', 'empty'),
})

/** Looks inside after every timer. */
function watched(look: () => void): Surroundings {
  const { time, ...around } = createSurroundings()
  const { clock } = time
  const after = (ms: number, work: () => void) =>
    // a timer of Node takes a while
    clock.after(Math.max(1e-6, ms), () => {
      work()
      look()
    })
  return { ...around, time: { ...time, clock: { ...clock, after } } }
}

test('whatever happens, no request, slot or instance is forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(run, async ({ policy, batching, sent, servers: count, events, end, ...rest }) => {
      for (const parts of Object.values(made)) parts.length = 0
      const conserves = policy === 'fcfs' || policy === 'triton'
      const fleet = SERVERS.slice(0, count).map((server) => ({ ...server, batching: sent }))
      const insides: Inside[] = []
      const look = () => {
        for (const inside of insides) {
          checkRequests(inside)
          checkSlots(inside)
          checkProgress(inside, clock.now())
        }
        for (const { address, slots = 1 } of batching ? [] : fleet) {
          const serving = servers.get(address)?.serving ?? 0
          check(serving <= slots, 'a server has no more requests than slots')
        }
      }
      const around = watched(look)
      const { time, servers } = around
      const { clock } = time
      const workload = { ...smallWorkload(), ...(batching && { batching }) }
      const limits = { maxWaitMs: MAX_WAIT_MS }
      const virtuals = Array.from({ length: rest.pools }, () =>
        createVirtualPool(workload, limits, policyOf(policy), around),
      )
      for (const [i, { pool }] of virtuals.entries()) {
        const [dispatcher, requests, slots] = [made.dispatchers[i], made.requests[i], made.slots[i]]
        insides.push({ pool, dispatcher, requests, slots, members: made.members[i], conserves })
        pool.setServers(fleet)
      }
      await time.runUntil(1)
      const cancels: (() => void)[] = []
      for (const [pauseMs, what] of events) {
        await time.runUntil(clock.now() + pauseMs)
        if (what.kind === 'arrive') {
          const { ask } = virtuals[what.which % virtuals.length]
          for (let i = 0; i < what.requests; i++)
            cancels.push(ask(what.batch, what.deadlineMs, what.fate).cancel)
        } else if (what.kind === 'cancel') cancels.at(-1 - what.place)?.()
        else if (what.kind === 'fleet') {
          virtuals[what.which % virtuals.length].pool.setServers(fleet.filter((_, i) => what.present[i]))
        } else {
          const { mode, slower } = what
          Object.assign(servers.get(fleet[what.server % count].address)!, { mode, slower })
        }
        look()
      }
      let drained = 0
      for (const server of servers.values()) Object.assign(server, { mode: 'well', slower: 1 })
      for (const { pool } of virtuals) {
        if (end === 'drain') pool.drain().then(() => drained++)
        pool.setServers(end === 'empty' ? [] : fleet)
      }
      await time.runUntil(clock.now() + 10_000)
      expect(drained).toBe(end === 'drain' ? virtuals.length : 0)
      for (const { asked } of virtuals) {
        for (const { outcomes, cancelled } of asked) expect(outcomes).toHaveLength(cancelled ? 0 : 1)
      }
      for (const inside of insides) {
        const { pool, dispatcher, members } = inside
        const slots = slotsOf(inside)
        expect(slots.filter(({ batch, held }) => batch || held)).toEqual([])
        const ready = slots.filter(({ member }) => member.state === 'up').length
        expect([dispatcher.instances, dispatcher.idle]).toEqual([ready, ready])
        expect(members.size).toBe(end === 'empty' ? 0 : count)
        pool.close()
        expect(members.size).toBe(0)
      }
    }),
    { numRuns: 80 },
  )
})
