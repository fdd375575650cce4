// The instances of a dispatcher, F at most, F' is F padded to a multiple of 64:
//
//   | expected f64[F'] | since f64[F'] | left f64[F'] | slowdown f64[F'] | sorted f64[F'] | runs 24 bytes [F']
//   | estimates 72 bytes [F'] | type i32[F'] | number i32[F'] | cell i32[F'] | position of i32[F']
//   | started query i32[F'] | started instance i32[F'] | idle, one bit each [F'] |
//
// Instances stand in order of their numbers, without gaps, so that neighbours fill the lanes of a vector. What an
// instance is expected to be busy for is max(0, expected - now), whether it is busy or idle.

import { Dispatcher } from './dispatcher'
import { InstanceEstimate } from './slowdown'
import { Vector, vectorAt } from './vector'

/** Neighbouring instances of one type and slowdown: positions first to end - 1. */
@unmanaged
export class Run {
  slowdown: f64
  type: i32
  first: i32
  end: i32
  /** Unused: it makes the size a multiple of 8, so that each slowdown is aligned. */
  padding: i32
}

export function runAt(dispatcher: Dispatcher, run: i32): Run {
  return changetype<Run>(dispatcher.firstRun + (run as usize) * offsetof<Run>())
}

export function paddedInstances(instances: i32): i32 {
  return (instances + 63) & ~63
}

/** Bytes of the arrays for a number of instances. */
export function fleetBytes(instances: i32): usize {
  const f = paddedInstances(instances) as usize
  return (5 * 8 + 6 * 4 + offsetof<Run>() + offsetof<InstanceEstimate>()) * f + (f >> 3)
}

/** Moves the arrays of the instances to `address`, where there are fleetBytes(instances) bytes. */
export function moveFleet(dispatcher: Dispatcher, address: usize, instances: i32): void {
  const f = paddedInstances(instances)
  const count = dispatcher.instances
  const numbers = dispatcher.numbers
  dispatcher.expected = moved<f64>(dispatcher.expected, count, vectorAt<f64>(address))
  dispatcher.since = moved<f64>(dispatcher.since, count, dispatcher.expected.from(f))
  dispatcher.left = dispatcher.since.from(f)
  dispatcher.slowdown = moved<f64>(dispatcher.slowdown, count, dispatcher.left.from(f))
  dispatcher.sorted = dispatcher.slowdown.from(f)
  dispatcher.firstRun = dispatcher.sorted.from(f).address
  const estimates = dispatcher.firstRun + offsetof<Run>() * (f as usize)
  memory.copy(estimates, dispatcher.estimates, offsetof<InstanceEstimate>() * (numbers as usize))
  dispatcher.estimates = estimates
  const afterEstimates = estimates + offsetof<InstanceEstimate>() * (f as usize)
  dispatcher.type = moved<i32>(dispatcher.type, count, vectorAt<i32>(afterEstimates))
  dispatcher.number = moved<i32>(dispatcher.number, count, dispatcher.type.from(f))
  dispatcher.cell = moved<i32>(dispatcher.cell, count, dispatcher.number.from(f))
  const positions = dispatcher.cell.from(f)
  memory.fill(positions.address, 0xff, 4 * (f as usize))
  dispatcher.positionOf = moved<i32>(dispatcher.positionOf, numbers, positions)
  dispatcher.startedQuery = positions.from(f)
  dispatcher.startedInstance = dispatcher.startedQuery.from(f)
  dispatcher.idleBits = dispatcher.startedInstance.behind<u64>(f)
  assert(dispatcher.idleBits.from(f >> 6).address == address + fleetBytes(instances))
}

/** Copies the first `count` numbers to where they are from now on. */
function moved<T>(from: Vector<T>, count: i32, to: Vector<T>): Vector<T> {
  to.copy(from, count)
  return to
}
