// The switches of a type: the ratios w / u of violation price to type price at which its modes take turns.
//
// Modes j and j + 1 of a bin cost service u + violation w. The next one takes more time and misses QoS less often, so
// it is cheaper where w / u exceeds
//
//   (service_j+1 - service_j) / (violation_j - violation_j+1)
//
// The modes of a bin are a convex hull, so their switches are in increasing order, up to rounding.

import { modesOf, Program, Switch, servicesOf, switchAt, violationsOf } from '../layout/fluid-program'

/** Writes the switches of a type in order of their ratios, behind those of the types before it. */
export function writeSwitches(program: Program, type: i32, firstLine: i32): void {
  const start = program.firstSwitches[type]
  const modes = modesOf(program, type)
  let end = start
  for (let k = 0; k < program.bins; k++) {
    let ratio: f64 = 0
    for (let j = firstLine + 1; j < firstLine + (modes[k] as i32); j++) {
      const more = servicesOf(program, j)[k] - servicesOf(program, j - 1)[k]
      const fewer = violationsOf(program, j - 1)[k] - violationsOf(program, j)[k]
      ratio = fewer > 0 ? Math.max(ratio, more / fewer) : Infinity
      const written = switchAt(program, end++)
      written.ratio = ratio
      written.bin = k
      written.line = j
    }
  }
  program.firstSwitches[type + 1] = end
  for (let i = (end - start) >> 1; i > 0; i--) siftDown(program, start, i - 1, end - start)
  for (let count = end - start - 1; count > 0; count--) {
    swap(switchAt(program, start), switchAt(program, start + count))
    siftDown(program, start, 0, count)
  }
}

/** The order of switches; those of a bin are in order of their lines. */
function isBefore(a: Switch, b: Switch): bool {
  if (a.ratio != b.ratio) return a.ratio < b.ratio
  return a.bin != b.bin ? a.bin < b.bin : a.line < b.line
}

/** Moves a switch of a binary heap of `count`, the last of them first, down to its place. */
function siftDown(program: Program, start: i32, index: i32, count: i32): void {
  let parent = index
  while (true) {
    let child = 2 * parent + 1
    if (child >= count) return
    const right = switchAt(program, start + child + 1)
    if (child + 1 < count && isBefore(switchAt(program, start + child), right)) child++
    const upper = switchAt(program, start + parent)
    const lower = switchAt(program, start + child)
    if (!isBefore(upper, lower)) return
    swap(upper, lower)
    parent = child
  }
}

function swap(a: Switch, b: Switch): void {
  const kept = v128.load(changetype<usize>(a))
  v128.store(changetype<usize>(a), v128.load(changetype<usize>(b)))
  v128.store(changetype<usize>(b), kept)
}
