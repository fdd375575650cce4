import { status } from '@grpc/grpc-js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { POLICIES } from '../../../../src/dispatch/policies.ts'
import { REQUEST_MOVES, type RequestState } from '../../../../src/serve/router/request-states.ts'
import { code, FLEET, type Mode, startPool } from '../virtual.ts'

const SERVERS = [...FLEET, { address: 'c:1', type: 'fast', slots: 3 }]
const FAULTS: Mode[] = ['dead', 'stopping', 'hung', 'garbage', 'refusing', 'declining', 'failing']
const MODES: Mode[] = ['well', 'well', 'well', ...FAULTS]

/** One event, after a pause. */
const event = fc.record({
  pauseMs: fc.oneof(fc.constant(0), fc.integer({ max: 30, min: 1 }), fc.integer({ min: 31, max: 3_000 })),
  what: fc.oneof(
    fc.record({
      kind: fc.constant('arrive' as const),
      batch: fc.constantFrom(1, 10, 100, 101),
      deadlineMs: fc.constantFrom(Infinity, Infinity, 0, 5, 50, 2_000),
      fate: fc.constantFrom<Mode | undefined>(undefined, undefined, undefined, 'garbage', 'hung', 'failing'),
    }),
    fc.record({
      kind: fc.constant('arrive' as const),
      batch: fc.constantFrom(1, 10, 100),
      deadlineMs: fc.constant(Infinity),
      fate: fc.constant(undefined),
    }),
    fc.record({ kind: fc.constant('cancel' as const), which: fc.oneof(fc.constant(0), fc.nat(20)) }),
    fc.record({
      kind: fc.constant('disturb' as const),
      server: fc.nat(SERVERS.length - 1),
      mode: fc.constantFrom(...MODES),
      slower: fc.constantFrom(1, 1, 3, 10),
    }),
    fc.record({
      kind: fc.constant('fleet' as const),
      present: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    }),
  ),
})

const run = fc.record({
  policy: fc.constantFrom(...POLICIES),
  admission: fc.constantFrom('target' as const, 'all' as const),
  queue: fc.constantFrom(3, 1_000),
  batching: fc.constantFrom(undefined, { maxBatch: 100 }, { maxBatch: { fast: 100 } }),
  events: fc.array(event, { minLength: 1, maxLength: 60 }),
  end: fc.constantFrom('recover', 'recover', 'drain', 'close', 'dead', 'hung'),
})

/** The moves of all runs together. */
const seen = new Set<string>()

test('whatever happens, every request gets one outcome, and every server can serve in the end', async () => {
  await fc.assert(
    fc.asyncProperty(run, async ({ policy, admission, queue, batching, events, end }) => {
      const virtual = await startPool(SERVERS, { admission, queue }, policy, batching)
      const { pool, servers, asked, moves, log, runUntil, clock } = virtual
      const cancels: (() => void)[] = []
      for (const { pauseMs, what } of events) {
        await runUntil(clock.now() + pauseMs)
        if (what.kind === 'arrive') cancels.push(virtual.ask(what.batch, what.deadlineMs, what.fate).cancel)
        else if (what.kind === 'cancel') cancels.at(-1 - what.which)?.()
        else if (what.kind === 'fleet') pool.setServers(SERVERS.filter((_, i) => what.present[i]))
        else
          Object.assign(servers.get(SERVERS[what.server].address)!, { mode: what.mode, slower: what.slower })
      }
      let closedListed = 0
      const close = () => {
        closedListed += pool.servers().length
        pool.close()
      }
      if (end === 'close') close()
      let drained = end !== 'drain'
      if (end === 'drain') {
        pool.drain().then(() => {
          drained = true
        })
      }
      const mode = end === 'dead' || end === 'hung' ? end : 'well'
      for (const server of servers.values()) Object.assign(server, { mode, slower: 1 })
      if (end !== 'close') pool.setServers(SERVERS)
      await runUntil(clock.now() + 60_000)
      expect(drained).toBe(true)
      for (const one of asked) expect(one.outcomes).toHaveLength(one.cancelled ? 0 : 1)
      expect(pool.waiting).toBe(0)
      expectConserved(moves)
      for (const move of moves.keys()) seen.add(move)
      expect(pool.servers().every(({ inFlight }) => inFlight === 0)).toBe(true)
      for (const server of end === 'recover' ? SERVERS : []) {
        pool.setServers([server])
        await runUntil(clock.now() + 10)
        const last = virtual.ask(1).asked
        await runUntil(clock.now() + 1_000)
        expect([server.address, code(last)]).toEqual([server.address, status.OK])
      }
      close()
      const count = (what: string) => log.filter((line) => line.startsWith(what)).length
      expect(count('closed')).toBe(count('left') + closedListed)
    }),
    { numRuns: 400 },
  )
  const possible = Object.entries(REQUEST_MOVES).flatMap(([from, byEvent]) =>
    Object.keys(byEvent).map((event) => `${from} ${event}`),
  )
  expect([...seen].sort()).toEqual(possible.sort())
})

/** As many requests leave a state as enter it: in the end all of them are in one of the last states. */
function expectConserved(moves: ReadonlyMap<string, number>): void {
  const balance = new Map<RequestState, number>()
  for (const [move, count] of moves) {
    const [from, event] = move.split(' ') as [RequestState, keyof (typeof REQUEST_MOVES)[RequestState]]
    const to = REQUEST_MOVES[from][event]!
    balance.set(from, (balance.get(from) ?? 0) - count)
    balance.set(to, (balance.get(to) ?? 0) + count)
  }
  expect([balance.get('waiting') ?? 0, balance.get('running') ?? 0]).toEqual([0, 0])
}
