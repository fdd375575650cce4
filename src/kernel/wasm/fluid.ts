import { KairosError } from '../../model/errors.ts'
import type {
  FluidBounds,
  FluidProgram,
  FluidQuery,
  FluidRouting,
  FluidSearch,
  FluidSelect,
  KernelBounds,
  KernelSelection,
  SearchedSelection,
  Selection,
} from '../contract.ts'
import { linesOf, lineTypesOf, typesOf } from '../fluid-lines.ts'
import {
  type Arena,
  copyF64,
  copyI32,
  createArena,
  readField,
  reserveBlock,
  reserveBytes,
  resetArena,
  viewF64,
  writeBlock,
} from './arena.ts'
import { readRows, readSelection, writeLattice, writePage } from './lattice.ts'
import { FluidBoundsArguments, FluidRoutingArguments } from './layouts/fluid-arguments.ts'
import { RawProgram } from './layouts/fluid-program.ts'
import { SearchCounts, SearchFluidArguments, SelectFluidArguments } from './layouts/fluid-search.ts'
import { Row, SelectionCounts } from './layouts/lattice.ts'

/** The exports of assembly/fluid/. */
export interface FluidExports {
  fluidWorkBytes(types: number, lines: number, bins: number, bases: number): number
  fluidBasisBytes(types: number, lines: number, bins: number): number
  selectFluidBytes(types: number, lines: number, bins: number, bases: number): number
  fluidBounds(argumentsPtr: number): void
  createBounds(argumentsPtr: number): void
  boundMore(argumentsPtr: number): void
  fluidRouting(argumentsPtr: number): void
  selectFluid(argumentsPtr: number): void
  createSelection(argumentsPtr: number): void
  advance(argumentsPtr: number, work: number): number
  finish(argumentsPtr: number): void
  searchFluid(argumentsPtr: number): void
}

/** The most bases that are kept, and the most bytes that they take. */
const MAX_BASES = 1024
const MAX_BASES_BYTES = 2 ** 25

/** See `writePage`: an eighth takes a fifth less time than all of 20,000 rows. */
const SPARE = 1 / 8

/** The work of one step of a selection: 64 configurations that are solved. */
const WORK = 1024

/**
 * How many bases are kept for warm starts: one for every support of up to ten types, if they are not too large.
 * Supports that share a place evict each other, and each then takes ten steps of the solver instead of one.
 */
function basesFor(kernel: FluidExports, { types, lines, bins }: Sizes): number {
  const fitting = Math.floor(MAX_BASES_BYTES / kernel.fluidBasisBytes(types, lines, bins))
  return Math.max(1, Math.min(2 ** types, MAX_BASES, fitting))
}

interface Sizes {
  readonly types: number
  readonly lines: number
  readonly bins: number
}

function sizesOf(program: FluidProgram): Sizes {
  return { types: typesOf(program), lines: linesOf(program), bins: program.probability.length }
}

export function fluidBounds(kernel: FluidExports, arena: Arena, query: FluidQuery): FluidBounds {
  resetArena(arena)
  const solver = writeSolver(kernel, arena, query.program, kernel.fluidWorkBytes)
  return boundsOf(kernel.fluidBounds, arena, solver, query)
}

/** @param instance of which these bounds are the only user */
export function createBounds(
  instance: FluidExports & { readonly memory: WebAssembly.Memory },
  program: FluidProgram,
): KernelBounds {
  const arena = createArena(instance.memory)
  const solver = writeSolver(instance, arena, program, instance.fluidWorkBytes)
  const none = { counts: 0, bounds: 0, prices: 0, violationPrices: 0, rows: 0 }
  const list = writeBlock(arena, FluidBoundsArguments, { ...solver, ...none })
  const { used } = arena
  return {
    begin() {
      instance.createBounds(list)
      return (counts) => {
        // the configurations of the step before are done with
        arena.used = used
        return boundsOf(instance.boundMore, arena, solver, { program, counts })
      }
    },
  }
}

/** Writes a program, and reserves the space of a call that solves it for many configurations. */
function writeSolver(
  kernel: FluidExports,
  arena: Arena,
  program: FluidProgram,
  bytesOf: FluidExports['fluidWorkBytes' | 'selectFluidBytes'],
) {
  const { types, lines, bins } = sizesOf(program)
  const bases = basesFor(kernel, { types, lines, bins })
  return {
    program: writeProgram(arena, program),
    space: reserveBytes(arena, bytesOf(types, lines, bins, bases)),
    bases,
  }
}

function boundsOf(
  run: (argumentsPtr: number) => void,
  arena: Arena,
  solver: ReturnType<typeof writeSolver>,
  query: FluidQuery,
): FluidBounds {
  const types = typesOf(query.program)
  const rows = query.counts.length / types
  const counts = copyF64(arena, query.counts)
  const bounds = reserveBytes(arena, 8 * rows)
  const prices = reserveBytes(arena, 8 * rows * types)
  const violationPrices = reserveBytes(arena, 8 * rows)
  run(writeBlock(arena, FluidBoundsArguments, { ...solver, counts, bounds, prices, violationPrices, rows }))
  const bound = viewF64(arena, bounds, rows).slice()
  bound.forEach(checkSolved)
  return {
    bound,
    price: viewF64(arena, prices, rows * types).slice(),
    violationPrice: viewF64(arena, violationPrices, rows).map(perMillisecond),
  }
}

export function fluidRouting(kernel: FluidExports, arena: Arena, query: FluidQuery): FluidRouting {
  const { types, lines, bins } = sizesOf(query.program)
  resetArena(arena)
  const program = writeProgram(arena, query.program)
  const counts = copyF64(arena, query.counts)
  const prices = reserveBytes(arena, 8 * types)
  const shares = reserveBytes(arena, 8 * lines * bins)
  const space = reserveBytes(arena, kernel.fluidWorkBytes(types, lines, bins, 1))
  const written = { bound: 0, violationPrice: 0 }
  const routing = { ...written, program, space, counts, prices, shares }
  const argumentsPtr = writeBlock(arena, FluidRoutingArguments, routing)
  kernel.fluidRouting(argumentsPtr)
  const bound = readField(arena, FluidRoutingArguments, argumentsPtr, 'bound')
  checkSolved(bound)
  return {
    bound,
    price: viewF64(arena, prices, types).slice(),
    violationPrice: perMillisecond(readField(arena, FluidRoutingArguments, argumentsPtr, 'violationPrice')),
    share: viewF64(arena, shares, lines * bins).slice(),
  }
}

export function selectFluid(kernel: FluidExports, arena: Arena, input: FluidSelect): Selection {
  resetArena(arena)
  const written = writeSelection(kernel, arena, input)
  kernel.selectFluid(written.argumentsPtr)
  return selectionOf(arena, written)
}

/**
 * @param instance of which this selection is the only user
 * @param release called when it is finished
 */
export function createSelection(
  instance: FluidExports & { readonly memory: WebAssembly.Memory },
  input: FluidSelect,
  release: () => void,
): KernelSelection {
  const arena = createArena(instance.memory)
  const written = writeSelection(instance, arena, input)
  const { argumentsPtr } = written
  instance.createSelection(argumentsPtr)
  return {
    advance: (work = WORK) => {
      instance.advance(argumentsPtr, work)
      return readField(arena, SelectFluidArguments, argumentsPtr, 'next')
    },
    finish: () => {
      instance.finish(argumentsPtr)
      release()
      return selectionOf(arena, written)
    },
  }
}

function writeSelection(kernel: FluidExports, arena: Arena, input: FluidSelect) {
  const { page, rows } = writePage(arena, input, SPARE)
  const counts = reserveBlock(arena, SelectionCounts)
  const argumentsPtr = writeBlock(arena, SelectFluidArguments, {
    ...writeQuestion(kernel, arena, input),
    page,
    counts,
    includeInfeasible: input.includeInfeasible ? 1 : 0,
    next: input.from,
    isUnsolved: 0,
  })
  return { argumentsPtr, rows, counts }
}

function selectionOf(arena: Arena, { argumentsPtr, rows, counts }: ReturnType<typeof writeSelection>) {
  if (readField(arena, SelectFluidArguments, argumentsPtr, 'isUnsolved')) throw unsolved()
  return readSelection(arena, rows, counts)
}

export function searchFluid(kernel: FluidExports, arena: Arena, input: FluidSearch): SearchedSelection {
  resetArena(arena)
  const { page, rows } = writePage(arena, input)
  const counts = reserveBlock(arena, SearchCounts)
  const argumentsPtr = writeBlock(arena, SearchFluidArguments, {
    ...writeQuestion(kernel, arena, input),
    page,
    counts,
    floor: writeBlock(arena, Row, input.floor),
    isUnsolved: 0,
  })
  kernel.searchFluid(argumentsPtr)
  if (readField(arena, SearchFluidArguments, argumentsPtr, 'isUnsolved')) throw unsolved()
  return {
    visited: readField(arena, SearchCounts, counts, 'visited'),
    pruned: readField(arena, SearchCounts, counts, 'pruned'),
    ...readRows(arena, rows, readField(arena, SearchCounts, counts, 'selected')),
  }
}

/** Writes what a selection and a search have in common. */
function writeQuestion(kernel: FluidExports, arena: Arena, { lattice, program }: FluidSelect | FluidSearch) {
  return {
    ...writeSolver(kernel, arena, program, kernel.selectFluidBytes),
    lattice: writeLattice(arena, lattice),
  }
}

function writeProgram(arena: Arena, program: FluidProgram): number {
  return writeBlock(arena, RawProgram, {
    epsilon: program.epsilon,
    probabilities: copyF64(arena, program.probability),
    services: copyF64(arena, program.service),
    violations: copyF64(arena, program.violation),
    lineTypes: copyI32(arena, lineTypesOf(program)),
    ...sizesOf(program),
  })
}

/** The kernel gives NaN for a bound if its solver gives up. */
function checkSolved(bound: number): void {
  if (Number.isNaN(bound)) throw unsolved()
}

function unsolved(): KairosError {
  return new KairosError(
    'KERNEL',
    'the fluid program of a configuration was not solved',
    {},
    'if a type cannot serve a rare batch size, 200 times the target is long enough as its service time; else report it',
  )
}

/** The kernel counts violations and queries in one unit; see FluidBounds. */
function perMillisecond(price: number): number {
  return 1000 * price
}
