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

import { inverseRow, pricesOf } from '../layout/fluid-basis'
import { switchAt } from '../layout/fluid-program'
import { FluidWork, UsedType, usedLine, usedType } from '../layout/fluid-work'

/** Writes the envelopes for the first line of each bin, as at prices without violations, and clears all marks. */
export function resetEnvelopes(work: FluidWork): void {
  const basis = work.basis
  const bins = work.program.paddedBins
  basis.strayMask.clear(bins)
  for (let t = 0; t < basis.types; t++) {
    const type = usedType(work, t)
    basis.switched[t] = work.program.firstSwitches[type.number]
    type.basicMask.clear(bins)
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
  for (let t = 0; t < types; t++) {
    const type = usedType(work, t)
    const price = Math.max(0, prices[t] + step * edge[t])
    type.price = price
    type.priceF32 = price as f32
    if (!basis.tight) moveEnvelope(work, t, type, w > 0 ? w / price : 0)
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
  // where neither the former line was basic nor any line off its envelope, the new line is not basic either
  if ((type.basicMask[bin] | work.basis.strayMask[bin]) != 0) markBin(work, bin)
}

/** Brings the marks of a bin up to date with what is basic there. */
export function markBin(work: FluidWork, bin: i32): void {
  const basis = work.basis
  for (let t = 0; t < basis.types; t++) usedType(work, t).basicMask[bin] = 0
  let stray = markLine(work, bin, basis.keyLines[bin])
  for (let r = 1; r <= basis.types; r++) {
    if (basis.basicBins[r] == bin) stray |= markLine(work, bin, basis.basicLines[r])
  }
  basis.strayMask[bin] = stray
}

/** Marks a basic line on the envelope of its type; returns all bits set if it is not there, else 0. */
function markLine(work: FluidWork, bin: i32, line: i32): i32 {
  const type = usedType(work, usedLine(work, line).type)
  if ((type.lines[bin] as i32) != line) return -1
  type.basicMask[bin] = -1
  return 0
}
