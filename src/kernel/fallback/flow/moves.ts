import type { FlowRule } from '../../rules.ts'
import type { Level, Query, Scene } from '../scene.ts'
import { assignedTo, byArrival, levelOf, takeOut } from './state.ts'
import { byLatestStart, type FlowTable } from './table.ts'

/** A cost is less than another one if it is so by this much. */
const LESS = 1e-9

/** Most moves of a decision. */
const MOVES = 64

/** The most that putting a query before others may waste, as a share of what it costs on that type. */
const MOST_WASTED = 0.01

/** The most queries that one may be put before. */
const MOST_BEHIND = 64

/** No query is put before others once a late one has waited for so many times QoS: in overload more would be late. */
const LONGEST_LATE = 2

/** A query that goes from one type to another, and what that costs. */
interface Move {
  readonly query: Query
  readonly to: number
  readonly cost: number
}

/** Where the flow puts a query, and which query it moves from one type to another. */
export function flowMoves(
  { weight, reducedCost, qosMs }: FlowRule,
  { flow, meanMs }: Scene,
  table: FlowTable,
) {
  const { types, bins, nowMs } = table
  const all = Array.from({ length: types }, (_, t) => t)
  const assigned = (type: number) => assignedTo(flow, type)
  const tail = (type: number) => table.leftMs(type, assigned(type).length)
  const costOn = (bin: number, type: number) => reducedCost[type * bins + bin]
  const isAdmitted = (query: Query, type: number, level: Level) =>
    table.isInTime(query, type, level, assigned(type).length)
  const assign = (query: Query, type: number, level: Level) => {
    takeOut(flow, query)
    flow.assigned.set(query, { type, level })
  }
  const makeLate = (query: Query) => {
    takeOut(flow, query)
    flow.late.add(query)
    flow.allowance -= 1
  }

  /**
   * The move from one type to another of the first bin, in order of what it costs more there, whose youngest query is
   * admitted. It costs (newCost + difference of reduced costs) + weight tail - saved.
   *
   * @param newCost the reduced cost of a new query that takes its place, 0 if there is none
   * @param saved the cost of waiting for the last instance that queries of `from` count on, 0 if a new one goes there
   */
  const cheapestMove = (from: number, to: number, newCost: number, saved: number): Move | undefined => {
    const more = (bin: number) => costOn(bin, to) - costOn(bin, from)
    const waiting = assigned(from)
    const present = [...new Set(waiting.map(({ bin }) => bin))].sort((a, b) => more(a) - more(b) || a - b)
    for (const bin of present) {
      const [youngest] = waiting.filter((query) => query.bin === bin).sort((a, b) => byArrival(b, a))
      if (!isAdmitted(youngest, to, levelOf(flow, youngest))) continue
      return { query: youngest, to, cost: newCost + more(bin) + weight[to] * tail(to) - saved }
    }
    return undefined
  }

  /**
   * Assigns a query where that is cheapest: at the tail of a type, or in the place of another query, which moves to
   * another type. Whether there is such a type.
   */
  const admit = (query: Query, level: Level): boolean => {
    let best = Infinity
    let type = -1
    for (const t of all) {
      if (!isAdmitted(query, t, level)) continue
      const cost = costOn(query.bin, t) + weight[t] * tail(t)
      if (cost < best - LESS) {
        best = cost
        type = t
      }
    }
    // up to 64 stalled queries are tried again in each decision: looking for a query to move takes too long for so many
    if (type < 0 && flow.stalled.has(query)) return false
    let onward: Move | undefined
    for (const t of all) {
      const others = assigned(t).length
      const isFull = !isAdmitted(query, t, level)
      if (others === 0 || (isFull && !table.isInTime(query, t, level, others - 1))) continue
      for (const s of all) {
        // a query moves from a full type only where it need not wait: in overload other moves gain nothing
        if (s === t || (isFull && tail(s) > 0)) continue
        const pushed = cheapestMove(t, s, costOn(query.bin, t), 0)
        if (!pushed || !(pushed.cost < best - LESS)) continue
        best = pushed.cost
        type = t
        onward = pushed
      }
    }
    if (type < 0) return false
    if (onward) assign(onward.query, onward.to, levelOf(flow, onward.query))
    assign(query, type, level)
    return true
  }

  /** Whether all stay in time if a query is put before those that may start later. */
  const hasPlace = (query: Query, type: number): boolean => {
    const latest = table.latestMs(query, type, 0)
    const waiting = assigned(type).sort(byLatestStart(flow, table, type))
    const latestOf = (other: Query) => table.latestMs(other, type, levelOf(flow, other))
    const behind = waiting.filter((other) => latestOf(other) > latest)
    const place = waiting.length - behind.length
    return (
      behind.length <= MOST_BEHIND &&
      table.isInTime(query, type, 0, place) &&
      behind.every((other, k) => table.isInTime(other, type, levelOf(flow, other), place + 1 + k))
    )
  }

  /** Puts a query before those that may start later, where it is (nearly) cheapest; false if there is no such place. */
  const insert = (query: Query): boolean => {
    const [oldestLate] = [...flow.late].sort(byArrival)
    if (oldestLate && oldestLate.arrivalMs + LONGEST_LATE * qosMs < nowMs) return false
    let best = Infinity
    let type = -1
    for (const t of all) {
      const cell = t * bins + query.bin
      if (tail(t) === Infinity || reducedCost[cell] > MOST_WASTED * weight[t] * meanMs[cell]) continue
      const cost = reducedCost[cell] + weight[t] * tail(t)
      if (!(cost < best - LESS) || !hasPlace(query, t)) continue
      best = cost
      type = t
    }
    if (type < 0) return false
    assign(query, type, 0)
    return true
  }

  /** Assigns a query by a guard or a looser one; one that no type admits is stalled, or late. */
  const settle = (query: Query, level: Level): void => {
    if (level === 0 && admit(query, 0)) return
    if (admit(query, 1)) return
    if (level === 0 && insert(query)) return
    const hasHope = all.some((t) => table.isThere(t) && table.latestMs(query, t, 1) >= nowMs)
    takeOut(flow, query)
    if (hasHope) flow.stalled.add(query)
    else makeLate(query)
  }

  return {
    makeLate,
    settle,
    /** Assigns queries past their latest start on a type again, by the loose guard; those that had it are late. */
    reassign(type: number) {
      for (;;) {
        const [first] = assigned(type).sort(byLatestStart(flow, table, type))
        if (!first || table.latestMs(first, type, levelOf(flow, first)) >= nowMs) return
        const level = levelOf(flow, first)
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
          const waiting = assigned(from).length
          const saved = waiting > 0 ? weight[from] * table.leftMs(from, waiting - 1) : 0
          for (const to of all) {
            const move = from === to ? undefined : cheapestMove(from, to, 0, saved)
            if (move && move.cost < (best?.cost ?? -LESS)) best = move
          }
        }
        if (!best) return
        assign(best.query, best.to, levelOf(flow, best.query))
      }
    },
  }
}
