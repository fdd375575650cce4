import { KairosError } from '../../model/errors.ts'
import type {
  FluidBounds,
  FluidProgram,
  FluidQuery,
  FluidRouting,
  FluidSearch,
  FluidSelect,
  SearchedSelection,
  Selection,
} from '../contract.ts'
import { type Arena, copyF64, reserveBytes, resetArena, viewF64 } from './arena.ts'
import { layLattice, selectRows } from './lattice.ts'

/** The exports of assembly/fluid-bounds.ts. */
export interface FluidExports {
  fluidWorkBytes(types: number, bins: number, bases: number): number
  fluidBounds(
    types: number,
    bins: number,
    rawPtr: number,
    bases: number,
    workSpacePtr: number,
    rows: number,
    countsAt: number,
    outPtr: number,
  ): void
  fluidRouting(
    types: number,
    bins: number,
    rawPtr: number,
    bases: number,
    workSpacePtr: number,
    countsAt: number,
    outPtr: number,
  ): void
  selectFluidBytes(types: number, bins: number, bases: number): number
  selectFluid(
    types: number,
    bins: number,
    latticePtr: number,
    rawPtr: number,
    bases: number,
    from: number,
    to: number,
    limit: number,
    byCost: number,
    all: number,
    afterPtr: number,
    workPtr: number,
    rowsPtr: number,
    capacity: number,
    outPtr: number,
  ): void
  searchFluid(
    types: number,
    bins: number,
    latticePtr: number,
    rawPtr: number,
    bases: number,
    from: number,
    to: number,
    limit: number,
    byCost: number,
    floorPtr: number,
    afterPtr: number,
    workPtr: number,
    rowsPtr: number,
    capacity: number,
    outPtr: number,
  ): void
}

/**
 * Supports whose bases are kept for a warm start: every one of up to ten types, as long as they take no more
 * than 32 MB. Two that share a place cost each other ten steps of the solver where one would do.
 */
function basesFor(types: number, bins: number): number {
  const bytes = 3072 + 8 * (bins + 16) * (1 + 2 * types)
  return Math.max(1, Math.min(2 ** types, 1024, Math.floor(2 ** 25 / bytes)))
}

export function fluidBounds(
  kernel: FluidExports,
  arena: Arena,
  { program, counts }: FluidQuery,
): FluidBounds {
  const bins = program.probability.length
  const types = program.service.length / bins
  const rows = counts.length / types
  resetArena(arena)
  const rawPtr = layProgram(arena, program)
  const countsAt = copyF64(arena, counts)
  const outPtr = reserveBytes(arena, 8 * rows * (types + 2))
  const workPtr = reserveBytes(arena, kernel.fluidWorkBytes(types, bins, basesFor(types, bins)))
  kernel.fluidBounds(types, bins, rawPtr, basesFor(types, bins), workPtr, rows, countsAt, outPtr)
  const out = viewF64(arena, outPtr, rows * (types + 2))
  out.subarray(0, rows).forEach(checkSettled)
  return {
    bound: out.slice(0, rows),
    price: out.slice(rows, rows + rows * types),
    violationPrice: out.slice(rows + rows * types).map(perMillisecond),
  }
}

export function fluidRouting(
  kernel: FluidExports,
  arena: Arena,
  { program, counts }: FluidQuery,
): FluidRouting {
  const bins = program.probability.length
  const types = program.service.length / bins
  resetArena(arena)
  const rawPtr = layProgram(arena, program)
  const countsAt = copyF64(arena, counts)
  const outPtr = reserveBytes(arena, 8 * (types * (bins + 1) + 2))
  const workPtr = reserveBytes(arena, kernel.fluidWorkBytes(types, bins, 1))
  kernel.fluidRouting(types, bins, rawPtr, 1, workPtr, countsAt, outPtr)
  const out = viewF64(arena, outPtr, types * (bins + 1) + 2)
  checkSettled(out[0])
  return {
    bound: out[0],
    price: out.slice(1, 1 + types),
    violationPrice: perMillisecond(out[1 + types]),
    share: out.slice(2 + types),
  }
}

export function searchFluid(kernel: FluidExports, arena: Arena, input: FluidSearch): SearchedSelection {
  const { lattice, program, from, to, floor } = input
  const bins = program.probability.length
  const types = lattice.size.length
  const bases = basesFor(types, bins)
  resetArena(arena)
  const latticePtr = layLattice(arena, lattice)
  const rawPtr = layProgram(arena, program)
  const floorPtr = copyF64(arena, Float64Array.of(floor.bound, floor.cost, floor.number))
  const workPtr = reserveBytes(arena, kernel.selectFluidBytes(types, bins, bases))
  const found = selectRows(arena, input, (limit, byCost, afterPtr, rowsPtr, capacity, outPtr) =>
    kernel.searchFluid(
      types,
      bins,
      latticePtr,
      rawPtr,
      bases,
      from,
      to,
      limit,
      byCost,
      floorPtr,
      afterPtr,
      workPtr,
      rowsPtr,
      capacity,
      outPtr,
    ),
  )
  checkSettled(found.feasible)
  const { withinBudget: visited, feasible: pruned, bound, cost, number } = found
  return { visited, pruned, bound, cost, number }
}

/** The kernel gives NaN where its solver gives up: no program is known on which it does. */
function checkSettled(figure: number): void {
  if (Number.isNaN(figure))
    throw new KairosError('KERNEL', 'the fluid program of a configuration did not settle')
}

// the kernel counts violations and queries in one unit; see FluidBounds
function perMillisecond(price: number): number {
  return 1000 * price
}

export function selectFluid(kernel: FluidExports, arena: Arena, input: FluidSelect): Selection {
  const { lattice, program, from, to, includeInfeasible } = input
  const bins = program.probability.length
  const types = lattice.size.length
  const bases = basesFor(types, bins)
  resetArena(arena)
  const latticePtr = layLattice(arena, lattice)
  const rawPtr = layProgram(arena, program)
  const workPtr = reserveBytes(arena, kernel.selectFluidBytes(types, bins, bases))
  const all = includeInfeasible ? 1 : 0
  const selection = selectRows(arena, input, (limit, byCost, afterPtr, rowsPtr, capacity, outPtr) =>
    kernel.selectFluid(
      types,
      bins,
      latticePtr,
      rawPtr,
      bases,
      from,
      to,
      limit,
      byCost,
      all,
      afterPtr,
      workPtr,
      rowsPtr,
      capacity,
      outPtr,
    ),
  )
  checkSettled(selection.feasible)
  return selection
}

/** ε | probability[K] | service[T][K] | violation[T][K] */
function layProgram(arena: Arena, { probability, service, violation, epsilon }: FluidProgram): number {
  const bins = probability.length
  const block = new Float64Array(1 + bins + 2 * service.length)
  block[0] = epsilon
  block.set(probability, 1)
  block.set(service, 1 + bins)
  block.set(violation, 1 + bins + service.length)
  return copyF64(arena, block)
}
