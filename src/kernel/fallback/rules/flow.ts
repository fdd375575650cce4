import type { FlowRule } from '../../rules.ts'
import { byArrival, takeOut } from '../flow/state.ts'
import { type FlowTable, flowTable } from '../flow/table.ts'
import { isLight, startOnSoonestType } from '../light.ts'
import type { FlowState, Instance, Level, Pair, Query, Scene } from '../scene.ts'

/** Guards are computed anew when a slowdown has changed by more than this share. */
const DRIFT = 0.02

/** A cost is less than another one if it is so by this much. */
const LESS = 1e-9

/** Most stalled queries that a decision tries, and most moves. */
const TRIED = 64
const MOVES = 64

/** About how many late queries that wait a decision looks at: in larger fleets each stands for several. */
const LOOKED_AT = 64

export function flow(rule: FlowRule, scene: Scene): Pair[] {
  const { queue, fleet, flow: state, nowMs, slowdowns } = scene
  if (fleet.every(({ busy }) => busy)) return []
  const { ofQuantiles } = slowdowns
  const hasDrifted = (stretch: number, type: number) =>
    ofQuantiles[type] > (1 + DRIFT) * stretch || ofQuantiles[type] < (1 - DRIFT) * stretch
  if (state.stretch?.some(hasDrifted)) state.invalidate()
  state.stretch ??= ofQuantiles.slice()
  forgetCancelled(state, queue)
  const table = flowTable(rule, scene, state.stretch)
  const steps = stepsOf(rule, scene, table)
  const isNew = (query: Query) =>
    !state.assigned.has(query) && !state.stalled.has(query) && !state.late.has(query)
  const isAllNew = queue.every(isNew)
  const serviceMs = ({ bin }: Query, t: number) => scene.meanMs[t * scene.bins + bin] * slowdowns.ofMeans[t]
  if (isAllNew && isLight(scene, rule, weightByType(rule)) && startOnSoonestType(queue, table, serviceMs)) {
    return [...table.pairs]
  }
  const isStarted = (query: Query) => table.pairs.some((pair) => pair.query === query)
  const fresh = queue.filter((query) => isNew(query) && !isStarted(query))

  for (let t = 0; t < table.types; t++) steps.reassign(t)
  const stalled = [...state.stalled].sort(byArrival)
  const tooOld = stalled.filter(({ arrivalMs }) => arrivalMs + rule.qosMs < nowMs)
  for (const query of tooOld) steps.makeLate(query)
  for (const query of stalled.slice(tooOld.length, tooOld.length + TRIED)) steps.settle(query, 0)
  for (const query of fresh) steps.settle(query, 0)
  steps.rebalance()
  steps.startOverdue()
  for (let t = 0; t < table.types; t++) steps.startAssigned(t)
  steps.startLate()
  return [...table.pairs]
}

/** The sum of weights, type by type. */
function weightByType({ weight }: FlowRule) {
  return (instances: readonly Instance[]) =>
    weight.reduce((sum, share, t) => sum + share * instances.filter(({ type }) => type === t).length, 0)
}

function forgetCancelled(flow: FlowState, queue: readonly Query[]): void {
  const pending = new Set(queue)
  for (const query of [...flow.assigned.keys(), ...flow.stalled, ...flow.late]) {
    if (!pending.has(query)) takeOut(flow, query)
  }
}

/** A query that goes from one type to another, and what that costs. */
interface Move {
  readonly query: Query
  readonly to: number
  readonly cost: number
}

function stepsOf({ weight, reducedCost, qosMs }: FlowRule, { flow, fleet, meanMs }: Scene, table: FlowTable) {
  const { types, bins, nowMs } = table
  const all = Array.from({ length: types }, (_, t) => t)
  const assignedTo = (type: number) =>
    [...flow.assigned.keys()].filter((q) => flow.assigned.get(q)?.type === type)
  const tail = (type: number) => table.leftMs(type, assignedTo(type).length)
  const costOn = (bin: number, type: number) => reducedCost[type * bins + bin]
  const levelOf = (query: Query): Level => flow.assigned.get(query)?.level ?? 0
  const byLatestStart = (type: number) => (a: Query, b: Query) =>
    table.latestMs(a, type, levelOf(a)) - table.latestMs(b, type, levelOf(b)) || a.sequence - b.sequence
  const isAdmitted = (query: Query, type: number, level: Level) =>
    table.isInTime(query, type, level, assignedTo(type).length)
  const assign = (query: Query, type: number, level: Level) => {
    takeOut(flow, query)
    flow.assigned.set(query, { type, level })
  }
  const makeLate = (query: Query) => {
    takeOut(flow, query)
    flow.late.add(query)
    flow.allowance -= 1
  }
  const oldestLate = (): Query | undefined => [...flow.late].sort(byArrival)[0]
  /** The type on which a late query costs least; nothing is lost by missing its target again. */
  const cheapestFor = ({ bin }: Query, waitsMs: (type: number) => number): number => {
    const cost = (t: number) => weight[t] * (waitsMs(t) + meanMs[t * bins + bin])
    return all.filter((t) => table.isThere(t)).reduce((least, t) => (cost(t) < cost(least) ? t : least))
  }

  /**
   * The move from one type to another of the first bin, in order of what it costs more there, whose youngest query is
   * admitted. It costs (newCost + difference of reduced costs) + weight tail - saved.
   *
   * @param newCost the reduced cost of a new query that takes its place, 0 if there is none
   * @param saved the cost of waiting for the last instance that queries of `from` count on, 0 if a new one takes the place
   */
  const cheapestMove = (from: number, to: number, newCost: number, saved: number): Move | undefined => {
    const more = (bin: number) => costOn(bin, to) - costOn(bin, from)
    const waiting = assignedTo(from)
    const present = [...new Set(waiting.map(({ bin }) => bin))].sort((a, b) => more(a) - more(b) || a - b)
    for (const bin of present) {
      const [youngest] = waiting.filter((query) => query.bin === bin).sort((a, b) => byArrival(b, a))
      if (!isAdmitted(youngest, to, levelOf(youngest))) continue
      return { query: youngest, to, cost: newCost + more(bin) + weight[to] * tail(to) - saved }
    }
    return undefined
  }

  /** Assigns a query where that is cheapest, another one moving on if need be. */
  const admit = (query: Query, level: Level): boolean => {
    let best = Infinity
    let type = -1
    let onward: Move | undefined
    for (const t of all) {
      if (!isAdmitted(query, t, level)) continue
      const cost = costOn(query.bin, t) + weight[t] * tail(t)
      if (cost < best - LESS) {
        best = cost
        type = t
        onward = undefined
      }
      for (const s of all) {
        const pushed = s === t ? undefined : cheapestMove(t, s, costOn(query.bin, t), 0)
        if (!pushed || !(pushed.cost < best - LESS)) continue
        best = pushed.cost
        type = t
        onward = pushed
      }
    }
    if (type < 0) return false
    if (onward) assign(onward.query, onward.to, levelOf(onward.query))
    assign(query, type, level)
    return true
  }

  const settle = (query: Query, level: Level): void => {
    if (level === 0 && admit(query, 0)) return
    if (admit(query, 1)) return
    const hasHope = all.some((t) => table.isThere(t) && table.latestMs(query, t, 1) >= nowMs)
    takeOut(flow, query)
    if (hasHope) flow.stalled.add(query)
    else makeLate(query)
  }

  return {
    makeLate,
    settle,
    /** Assigns queries past their latest start on a type again, by the loose guard; those that had that guard are late. */
    reassign(type: number) {
      for (;;) {
        const [first] = assignedTo(type).sort(byLatestStart(type))
        if (!first || table.latestMs(first, type, levelOf(first)) >= nowMs) return
        const level = levelOf(first)
        takeOut(flow, first)
        if (level === 0) settle(first, 1)
        else makeLate(first)
      }
    },
    /** Moves queries one by one, each time the one whose move saves most. */
    rebalance() {
      for (let n = 0; n < MOVES; n++) {
        let best: Move | undefined
        for (const from of all) {
          const waiting = assignedTo(from).length
          const saved = waiting > 0 ? weight[from] * table.leftMs(from, waiting - 1) : 0
          for (const to of all) {
            const move = from === to ? undefined : cheapestMove(from, to, 0, saved)
            if (move && move.cost < (best?.cost ?? -LESS)) best = move
          }
        }
        if (!best) return
        assign(best.query, best.to, levelOf(best.query))
      }
    },
    /** Late queries that have waited for QoS, oldest first, as long as queries may be late. */
    startOverdue() {
      while (flow.allowance >= 1) {
        const query = oldestLate()
        if (!query || query.arrivalMs + qosMs >= nowMs) return
        const type = cheapestFor(query, () => 0)
        if (table.idle(type).length === 0) return
        takeOut(flow, query)
        table.start(query, type)
      }
    },
    startAssigned(type: number) {
      for (const query of assignedTo(type).sort(byLatestStart(type))) {
        if (table.idle(type).length === 0) return
        takeOut(flow, query)
        table.start(query, type)
      }
    },
    /**
     * Oldest first, where that is cheapest, until that is a type without an idle instance. If there are more late queries than
     * instances, one that waits for such a type stays ahead of those that follow.
     */
    startLate() {
      const isBacklog = flow.late.size > fleet.length
      const waiting = all.map(() => 0)
      const stride = Math.ceil(fleet.length / LOOKED_AT)
      const late = [...flow.late].sort(byArrival)
      for (let waited = 0; waited < late.length && all.some((t) => table.idle(t).length > 0); ) {
        const type = cheapestFor(late[waited], (t) => table.leftMs(t, assignedTo(t).length + waiting[t]))
        if (table.idle(type).length > 0) {
          const [query] = late.splice(waited, 1)
          takeOut(flow, query)
          table.start(query, type)
        } else if (isBacklog) {
          waiting[type] += stride
          waited += stride
        } else return
      }
    },
  }
}
