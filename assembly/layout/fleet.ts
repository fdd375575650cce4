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
  unused: i32
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
  const f = paddedInstances(instances) as usize
  const count = dispatcher.instances
  const numbers = dispatcher.numbers
  let at = address
  dispatcher.expected = moved<f64>(at, dispatcher.expected, count)
  at += 8 * f
  dispatcher.since = moved<f64>(at, dispatcher.since, count)
  at += 8 * f
  dispatcher.left = vectorAt<f64>(at)
  at += 8 * f
  dispatcher.slowdown = moved<f64>(at, dispatcher.slowdown, count)
  at += 8 * f
  dispatcher.sorted = vectorAt<f64>(at)
  at += 8 * f
  dispatcher.firstRun = at
  at += offsetof<Run>() * f
  memory.copy(at, dispatcher.estimates, offsetof<InstanceEstimate>() * (numbers as usize))
  dispatcher.estimates = at
  at += offsetof<InstanceEstimate>() * f
  dispatcher.type = moved<i32>(at, dispatcher.type, count)
  at += 4 * f
  dispatcher.number = moved<i32>(at, dispatcher.number, count)
  at += 4 * f
  dispatcher.cell = moved<i32>(at, dispatcher.cell, count)
  at += 4 * f
  memory.fill(at, 0xff, 4 * f)
  dispatcher.positionOf = moved<i32>(at, dispatcher.positionOf, numbers)
  at += 4 * f
  dispatcher.startedQuery = vectorAt<i32>(at)
  at += 4 * f
  dispatcher.startedInstance = vectorAt<i32>(at)
  at += 4 * f
  dispatcher.idleBits = vectorAt<u64>(at)
}

function moved<T>(address: usize, from: Vector<T>, count: i32): Vector<T> {
  const to = vectorAt<T>(address)
  to.copy(from, count)
  return to
}
