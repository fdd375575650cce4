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
import { type Arena, copyF64, readField, reserveBytes, resetArena, viewF64, writeBlock } from './arena.ts'
import { selectRows, writeLattice } from './lattice.ts'
import { FluidBoundsArguments, FluidRoutingArguments } from './layouts/fluid-arguments.ts'
import { RawProgram } from './layouts/fluid-program.ts'
import { Row } from './layouts/lattice.ts'

/** The exports of assembly/fluid-bounds.ts. */
export interface FluidExports {
  fluidWorkBytes(types: number, bins: number, bases: number): number
  fluidBasisBytes(types: number, bins: number): number
  fluidBounds(argumentsPtr: number): void
  fluidRouting(argumentsPtr: number): void
  selectFluidBytes(types: number, bins: number, bases: number): number
  selectFluid(
    types: number,
    latticePtr: number,
    rawPtr: number,
    bases: number,
    all: number,
    pagePtr: number,
    workPtr: number,
    countsPtr: number,
  ): void
  searchFluid(
    types: number,
    latticePtr: number,
    rawPtr: number,
    bases: number,
    floorPtr: number,
    pagePtr: number,
    workPtr: number,
    countsPtr: number,
  ): void
}

/** The most bases that are kept, and the most bytes that they take. */
const MAX_BASES = 1024
const MAX_BASES_BYTES = 2 ** 25

/**
 * How many bases are kept for warm starts: one for every support of up to ten types, if they are not too large.
 * Supports that share a place evict each other, and each then takes ten steps of the solver instead of one.
 */
function basesFor(kernel: FluidExports, types: number, bins: number): number {
  const fitting = Math.floor(MAX_BASES_BYTES / kernel.fluidBasisBytes(types, bins))
  return Math.max(1, Math.min(2 ** types, MAX_BASES, fitting))
}

export function fluidBounds(kernel: FluidExports, arena: Arena, query: FluidQuery): FluidBounds {
  const bins = query.program.probability.length
  const types = query.program.service.length / bins
  const rows = query.counts.length / types
  const bases = basesFor(kernel, types, bins)
  resetArena(arena)
  const program = writeProgram(arena, query.program)
  const counts = copyF64(arena, query.counts)
  const bounds = reserveBytes(arena, 8 * rows)
  const prices = reserveBytes(arena, 8 * rows * types)
  const violationPrices = reserveBytes(arena, 8 * rows)
  const space = reserveBytes(arena, kernel.fluidWorkBytes(types, bins, bases))
  const list = { program, space, counts, bounds, prices, violationPrices, rows, bases }
  kernel.fluidBounds(writeBlock(arena, FluidBoundsArguments, list))
  const bound = viewF64(arena, bounds, rows).slice()
  bound.forEach(checkSettled)
  return {
    bound,
    price: viewF64(arena, prices, rows * types).slice(),
    violationPrice: viewF64(arena, violationPrices, rows).map(perMillisecond),
  }
}

export function fluidRouting(kernel: FluidExports, arena: Arena, query: FluidQuery): FluidRouting {
  const bins = query.program.probability.length
  const types = query.program.service.length / bins
  resetArena(arena)
  const program = writeProgram(arena, query.program)
  const counts = copyF64(arena, query.counts)
  const prices = reserveBytes(arena, 8 * types)
  const shares = reserveBytes(arena, 8 * types * bins)
  const space = reserveBytes(arena, kernel.fluidWorkBytes(types, bins, 1))
  const written = { bound: 0, violationPrice: 0 }
  const routing = { ...written, program, space, counts, prices, shares }
  const argumentsPtr = writeBlock(arena, FluidRoutingArguments, routing)
  kernel.fluidRouting(argumentsPtr)
  const bound = readField(arena, FluidRoutingArguments, argumentsPtr, 'bound')
  checkSettled(bound)
  return {
    bound,
    price: viewF64(arena, prices, types).slice(),
    violationPrice: perMillisecond(readField(arena, FluidRoutingArguments, argumentsPtr, 'violationPrice')),
    share: viewF64(arena, shares, types * bins).slice(),
  }
}

export function searchFluid(kernel: FluidExports, arena: Arena, input: FluidSearch): SearchedSelection {
  const { lattice, program, floor } = input
  const bins = program.probability.length
  const types = lattice.size.length
  const bases = basesFor(kernel, types, bins)
  resetArena(arena)
  const latticePtr = writeLattice(arena, lattice)
  const rawPtr = writeProgram(arena, program)
  const floorPtr = writeBlock(arena, Row, floor)
  const workPtr = reserveBytes(arena, kernel.selectFluidBytes(types, bins, bases))
  const found = selectRows(arena, input, (page, counts) =>
    kernel.searchFluid(types, latticePtr, rawPtr, bases, floorPtr, page, workPtr, counts),
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
  const { lattice, program, includeInfeasible } = input
  const bins = program.probability.length
  const types = lattice.size.length
  const bases = basesFor(kernel, types, bins)
  resetArena(arena)
  const latticePtr = writeLattice(arena, lattice)
  const rawPtr = writeProgram(arena, program)
  const workPtr = reserveBytes(arena, kernel.selectFluidBytes(types, bins, bases))
  const all = includeInfeasible ? 1 : 0
  const selection = selectRows(arena, input, (page, counts) =>
    kernel.selectFluid(types, latticePtr, rawPtr, bases, all, page, workPtr, counts),
  )
  checkSettled(selection.feasible)
  return selection
}

function writeProgram(arena: Arena, program: FluidProgram): number {
  const bins = program.probability.length
  return writeBlock(arena, RawProgram, {
    epsilon: program.epsilon,
    probabilities: copyF64(arena, program.probability),
    services: copyF64(arena, program.service),
    violations: copyF64(arena, program.violation),
    types: program.service.length / bins,
    bins,
  })
}
