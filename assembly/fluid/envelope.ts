// The envelope of a type in use: for every bin the line that is the cheapest of the type. Pricing compares types by
// it, so a pass over the bins costs as much as without batches, however many lines a type has.
//
// Which line is the cheapest depends on the ratio of prices w / u alone. A basis keeps for each type its first switch
// (switches.ts) that is not below the ratio; when prices move, the lines change of which the switches are passed.
// Between the trial steps of the ratio test those are few.
//
//   switches of a type  | r0 | r1 | r2 | r3 | r4 |     `switched` is that of r3 where r2 < w / u <= r3
//
// Each envelope also says which of its lines are basic. A basic line that is not on the envelope of its type makes
// its bin a stray: pricing always lists it.
//
// If the basis is tight the envelope is the fastest line of those that may serve a bin, at any prices.

import { inverseRow, pricesOf, SLACK } from '../layout/fluid-basis'
import { switchAt } from '../layout/fluid-program'
import { FluidWork, nextUsedType, UsedType, usedLine, usedType } from '../layout/fluid-work'

/** Writes the envelopes for the first line of each bin, as at prices without violations, and clears all marks. */
export function resetEnvelopes(work: FluidWork): void {
  const basis = work.basis
  const bins = work.program.paddedBins
  clearMarks(work)
  for (let t = 0; t < basis.types; t++) {
    const type = usedType(work, t)
    basis.switched[t] = work.program.firstSwitches[type.number]
    for (let k = 0; k < bins; k++) writeCell(work, type, k, firstAllowed(work, type, k))
  }
}

/** Writes the services of all envelopes again, after those of the lines have changed. */
export function reloadEnvelopes(work: FluidWork): void {
  for (let t = 0; t < work.basis.types; t++) {
    const type = usedType(work, t)
    for (let k = 0; k < work.program.bins; k++) writeCell(work, type, k, type.lines[k])
  }
}

/** The first mode of a bin that may serve it, the first if none may. */
function firstAllowed(work: FluidWork, type: UsedType, bin: i32): i32 {
  if (!work.basis.tight) return type.firstLine
  for (let i = 0; i < (type.modes[bin] as i32); i++) {
    if (usedLine(work, type.firstLine + i).violations[bin] == 0) return type.firstLine + i
  }
  return type.firstLine
}

function writeCell(work: FluidWork, type: UsedType, bin: i32, line: i32): void {
  const used = usedLine(work, line)
  const service = used.services[bin]
  const violation = used.violations[bin]
  type.lines[bin] = line as u16
  type.services[bin] = service
  type.violations[bin] = violation
  type.servicesF32[bin] = service as f32
  type.violationsF32[bin] = violation as f32
}

/**
 * Moves the prices of the types, and their envelopes, to where a step of length `step` along a row of the inverse ends.
 * Returns the violation price there.
 */
export function movePrices(work: FluidWork, row: i32, step: f64): f64 {
  const basis = work.basis
  const types = basis.types
  const prices = pricesOf(basis)
  const edge = inverseRow(basis, row)
  const w = Math.max(0, prices[types] + step * edge[types])
  const moves = !basis.tight && basis.lines > types
  let type = usedType(work, 0)
  for (let t = 0; t < types; t++, type = nextUsedType(type)) {
    const price = Math.max(0, prices[t] + step * edge[t])
    type.price = price
    type.priceF32 = price as f32
    if (moves) moveEnvelope(work, t, type, w > 0 ? w / price : 0)
  }
  return w
}

/** Moves the envelope of a type to a ratio of prices. */
function moveEnvelope(work: FluidWork, t: i32, type: UsedType, ratio: f64): void {
  const program = work.program
  const first = program.firstSwitches[type.number]
  const end = program.firstSwitches[type.number + 1]
  const switched = work.basis.switched
  let at = switched[t]
  while (at < end && switchAt(program, at).ratio < ratio) passSwitch(work, type, at++, 0)
  while (at > first && switchAt(program, at - 1).ratio >= ratio) passSwitch(work, type, --at, 1)
  switched[t] = at
}

/** Takes the line above a switch, or the one before it, onto the envelope. */
function passSwitch(work: FluidWork, type: UsedType, index: i32, before: i32): void {
  const passed = switchAt(work.program, index)
  const bin = passed.bin
  writeCell(work, type, bin, passed.line - before - type.programLine + type.firstLine)
  const basis = work.basis
  if (basis.strayMask[bin] != 0) {
    markBin(work, bin)
  } else if (type.basicMask[bin] != 0) {
    // all that is basic was on envelopes, so of this type only the former line
    type.basicMask[bin] = 0
    basis.strayMask[bin] = -1
    basis.strays++
  }
}

/** Marks a line that has become basic in a bin. */
export function markBasic(work: FluidWork, bin: i32, line: i32): void {
  const basis = work.basis
  if (basis.hasEnvelopes == 0) return
  const type = usedType(work, usedLine(work, line).type)
  if ((type.lines[bin] as i32) == line) {
    type.basicMask[bin] = -1
  } else {
    basis.strays += 1 + basis.strayMask[bin]
    basis.strayMask[bin] = -1
  }
}

/** Clears the mark of a line that is no longer basic in a bin. */
export function unmarkBasic(work: FluidWork, bin: i32, line: i32): void {
  if (work.basis.hasEnvelopes == 0) return
  if (work.basis.strayMask[bin] != 0) markBin(work, bin)
  else usedType(work, usedLine(work, line).type).basicMask[bin] = 0
}

/** Clears all marks. */
export function clearMarks(work: FluidWork): void {
  const basis = work.basis
  const bins = work.program.paddedBins
  basis.strays = 0
  basis.strayMask.clear(bins)
  for (let t = 0; t < basis.types; t++) usedType(work, t).basicMask.clear(bins)
}

/** Marks all that is basic, where nothing is marked. */
export function markAll(work: FluidWork): void {
  const basis = work.basis
  for (let k = 0; k < work.program.bins; k++) markBasic(work, k, basis.keyLines[k])
  for (let r = 1; r <= basis.types; r++) {
    if (basis.basicBins[r] != SLACK) markBasic(work, basis.basicBins[r], basis.basicLines[r])
  }
}

/** Marks all that is basic in a bin, and nothing else. */
export function markBin(work: FluidWork, bin: i32): void {
  const basis = work.basis
  for (let t = 0; t < basis.types; t++) usedType(work, t).basicMask[bin] = 0
  basis.strays += basis.strayMask[bin]
  basis.strayMask[bin] = 0
  markBasic(work, bin, basis.keyLines[bin])
  for (let r = 1; r <= basis.types; r++) {
    if (basis.basicBins[r] == bin) markBasic(work, bin, basis.basicLines[r])
  }
}
