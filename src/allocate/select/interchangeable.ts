/**
 * Types that differ in nothing but their names and limits, such as one machine in several zones at one price. n
 * instances of m such types can be divided in up to C(n + m - 1, m - 1) ways, all with the same cost and bound. So the
 * search takes such a class as one type, and each row that it finds is then divided among the types of the class.
 */
import { fluidBoundsOf } from '../../bound/fluid.ts'
import type { FluidProgram, Kernel, Lattice, Rank } from '../../kernel/contract.ts'
import { lineTypesOf } from '../../kernel/fluid-lines.ts'
import { configurationsOf, costOf, countsAt, numberOf } from '../../kernel/lattice.ts'
import { BUDGET_ROUNDING, type FluidSpace } from './lattice.ts'

/** A space with one type for each class, and the way back. */
interface MergedSpace {
  readonly space: FluidSpace
  /** The first row of the original space that a merged row stands for. */
  firstOf(row: Rank): Rank
  /** All rows that merged rows of one cost and bound stand for, by their numbers. */
  divided(rows: readonly Rank[]): Generator<Rank>
}

/** @returns undefined for a space without interchangeable types */
export function mergeInterchangeable(original: FluidSpace, kernel: Kernel): MergedSpace | undefined {
  const { lattice, program } = original
  const classOf = classesOf(original)
  const classes = Math.max(...classOf) + 1
  if (classes === classOf.length) return undefined
  const space = mergedSpace(original, classOf, classes)
  const divisionsOf = ({ number }: Rank) => divisions(lattice, classOf, countsAt(space.lattice, number))
  const rowOf = (counts: readonly number[]): Rank => ({
    bound: fluidBoundsOf(kernel, program, [counts]).bound[0],
    cost: costOf(lattice, counts),
    number: numberOf(lattice, counts),
  })
  return {
    space,
    firstOf: (row) => rowOf(divisionsOf(row).next().value!),
    *divided(rows) {
      for (const counts of inOrder(rows.map(divisionsOf), lattice)) {
        const row = rowOf(counts)
        if (row.cost <= lattice.budget) yield row
      }
    },
  }
}

/** By type: the number of its class. Types of a class have one price and the same lines. */
function classesOf({ lattice, program }: FluidSpace): number[] {
  const types = Array.from(lattice.price.keys())
  const lines = types.map((t) => linesOf(program, t))
  const isSame = (a: number, b: number) =>
    lattice.price[a] === lattice.price[b] &&
    lines[a].length === lines[b].length &&
    lines[a].every(({ service, violation }, i) => {
      const other = lines[b][i]
      return isEqual(service, other.service) && isEqual(violation, other.violation)
    })
  const first = types.map((t) => types.find((other) => isSame(other, t))!)
  const distinct = [...new Set(first)]
  return first.map((t) => distinct.indexOf(t))
}

function isEqual(a: Float64Array, b: Float64Array): boolean {
  return a.every((value, k) => value === b[k])
}

/** The rows of a program that belong to a type. */
function linesOf(program: FluidProgram, type: number) {
  const { probability, service, violation } = program
  const bins = probability.length
  const lineTypes = lineTypesOf(program)
  const row = (table: Float64Array, line: number) => table.subarray(line * bins, (line + 1) * bins)
  return Array.from(lineTypes.keys())
    .filter((line) => lineTypes[line] === type)
    .map((line) => ({ service: row(service, line), violation: row(violation, line) }))
}

/** One type for each class: its first member, with the limits of all together. */
function mergedSpace(
  { lattice, program }: FluidSpace,
  classOf: readonly number[],
  classes: number,
): FluidSpace {
  const first = Array.from({ length: classes }, (_, c) => classOf.indexOf(c))
  const sum = (values: Float64Array) => {
    const sums = new Float64Array(classes)
    classOf.forEach((c, t) => {
      sums[c] += values[t]
    })
    return sums
  }
  const lines = first.map((t) => linesOf(program, t))
  const table = (which: 'service' | 'violation') =>
    Float64Array.from(lines.flatMap((own) => own.flatMap((line) => [...line[which]])))
  const merged: Lattice = {
    min: sum(lattice.min),
    size: sum(lattice.size.map((count) => count - 1)).map((count) => count + 1),
    budget: lattice.budget * (1 + BUDGET_ROUNDING),
    price: Float64Array.from(first, (t) => lattice.price[t]),
  }
  return {
    lattice: merged,
    program: {
      ...program,
      service: table('service'),
      violation: table('violation'),
      ...(program.lineType && { lineType: Int32Array.from(lines.flatMap((own, c) => own.map(() => c))) }),
    },
    size: configurationsOf(merged),
  }
}

/** All counts of the types of which each class has a given sum, by their numbers. */
function* divisions(
  { min, size }: Lattice,
  classOf: readonly number[],
  sums: readonly number[],
): Generator<number[]> {
  const counts = new Array<number>(classOf.length).fill(0)
  const left = [...sums]
  const rest = (t: number, of: (later: number) => number) =>
    classOf.reduce((sum, c, later) => sum + (later > t && c === classOf[t] ? of(later) : 0), 0)
  const leastAfter = classOf.map((_, t) => rest(t, (later) => min[later]))
  const mostAfter = classOf.map((_, t) => rest(t, (later) => min[later] + size[later] - 1))
  const divide = function* (t: number): Generator<number[]> {
    if (t === counts.length) return yield [...counts]
    const c = classOf[t]
    const whole = left[c]
    const most = Math.min(min[t] + size[t] - 1, whole - leastAfter[t])
    for (let count = Math.max(min[t], whole - mostAfter[t]); count <= most; count++) {
      counts[t] = count
      left[c] = whole - count
      yield* divide(t + 1)
    }
    left[c] = whole
  }
  yield* divide(0)
}

/** The counts of several sequences that ascend, in the order of their numbers. */
function* inOrder(sequences: readonly Generator<number[]>[], lattice: Lattice): Generator<number[]> {
  const heads = sequences.flatMap((sequence) => headOf(sequence, lattice))
  while (heads.length > 0) {
    const least = heads.reduce((a, b) => (b.number < a.number ? b : a))
    yield least.counts
    heads.splice(heads.indexOf(least), 1, ...headOf(least.sequence, lattice))
  }
}

function headOf(sequence: Generator<number[]>, lattice: Lattice) {
  const { value, done } = sequence.next()
  return done ? [] : [{ sequence, counts: value, number: numberOf(lattice, value) }]
}
