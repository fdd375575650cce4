import { KairosError, type Place } from '../../model/errors.ts'
import type { ConversionReport } from '../../model/results/conversion.ts'
import type { Trace } from '../../model/trace/trace.ts'
import { append, emptyColumn, numbersOf } from '../io/number-column.ts'
import type { PushRow } from './formats/format.ts'
import { createTraceColumns } from './trace-columns.ts'

/** The choices of `Drop`. */
export const DROPS = ['empty', 'zero', 'beyond'] as const

/** Rows that a conversion drops: those with an empty size, with a size of 0, or with a size beyond the largest. */
export type Drop = (typeof DROPS)[number]

export interface AdmissionRules {
  /** Sizes of the file are ignored, because others are drawn. */
  readonly ignoresSizes: boolean
  readonly maxBatchSize?: number | undefined
  readonly clampTo?: number | undefined
  readonly drop?: readonly Drop[] | undefined
  /** Whether only a window is kept: then rows are judged once the whole file is read, and only those in the window. */
  readonly isCut: boolean
}

/** Time 0 of the trace on the clock of the file, and what is kept: [fromMs, toMs) after time 0. */
export interface Cut {
  readonly zeroMs: number
  readonly fromMs: number
  readonly toMs: number
}

export interface Admission {
  readonly push: PushRow
  /**
   * The admitted rows in the order of the file, and the number of the others.
   *
   * @param cutOf from the earliest arrival that no rule drops
   */
  finish(cutOf: (firstMs: number) => Cut): AdmittedRows
}

interface AdmittedRows {
  readonly columns: Trace
  readonly counts: AdmissionCounts
  readonly cut: Cut
  /** The latest arrival of the file, where only a window is kept. */
  readonly lastMs?: number
  /** Rows before the window that no rule drops. */
  readonly earlier: number
}

type AdmissionCounts = Pick<
  ConversionReport,
  'rows' | 'clamped' | 'droppedEmpty' | 'droppedZero' | 'droppedBeyond' | 'outsideWindow' | 'outOfOrder'
>

/**
 * Collects the rows of a file whose size is allowed, and counts what becomes of the others.
 *
 * @throws KairosError from `push`, and from `finish` where there is a window: BAD_FILE for a size that is empty, 0 or
 *   beyond the largest and is not dropped; TOO_LARGE
 */
export function createAdmission(file: string, rules: AdmissionRules): Admission {
  const checked = createCheckedRows(file, rules)
  return rules.isCut ? admitWindow(checked) : admitAtOnce(checked)
}

type CheckedRows = ReturnType<typeof createCheckedRows>

/** The rows whose size is allowed, in the order in which they are added. */
function createCheckedRows(file: string, rules: AdmissionRules) {
  const { ignoresSizes, maxBatchSize = Infinity, clampTo = Infinity, drop = [] } = rules
  const columns = createTraceColumns()
  const counts = {
    ...{ rows: 0, clamped: 0, droppedEmpty: 0, droppedZero: 0, droppedBeyond: 0 },
    ...{ outsideWindow: 0, outOfOrder: 0 },
  }
  let latest = -Infinity

  /** Why a size is not allowed; undefined if it is. */
  const faultOf = (size: number): Drop | undefined => {
    if (ignoresSizes) return undefined
    if (Number.isNaN(size)) return 'empty'
    if (size === 0) return 'zero'
    return Math.min(size, clampTo) > maxBatchSize ? 'beyond' : undefined
  }
  /** What becomes of a row of a size: a refused one is an error. */
  const fateOf = (size: number): 'admitted' | 'dropped' | 'refused' => {
    const fault = faultOf(size)
    if (fault === undefined) return 'admitted'
    return drop.includes(fault) ? 'dropped' : 'refused'
  }
  const add: PushRow = (arrivalMs, size, line, field) => {
    const isLowered = size > clampTo
    if (fateOf(size) === 'refused') throw refusedSize({ file, line, field }, size, maxBatchSize)
    if (isLowered) counts.clamped++
    const fault = faultOf(size)
    if (fault === 'empty') counts.droppedEmpty++
    if (fault === 'zero') counts.droppedZero++
    if (fault === 'beyond') counts.droppedBeyond++
    if (fault !== undefined) return
    if (arrivalMs < latest) counts.outOfOrder++
    else latest = arrivalMs
    columns.push(arrivalMs, isLowered ? clampTo : size)
  }
  return { columns, counts, fateOf, add }
}

function admitAtOnce({ columns, counts, add }: CheckedRows): Admission {
  return {
    push(arrivalMs, size, line, field) {
      counts.rows++
      add(arrivalMs, size, line, field)
    },
    finish(cutOf) {
      const admitted = columns.finish()
      return { columns: admitted, counts, cut: cutOf(least(admitted.arrivalMs)), earlier: 0 }
    },
  }
}

/** Keeps all rows until the file is read, as the window counts from the earliest arrival; then checks those inside. */
function admitWindow({ columns, counts, fateOf, add }: CheckedRows): Admission {
  const rows = createTraceColumns()
  /** The rows whose size is refused where they are in the window, and their lines. */
  const [refusedRows, refusedLines] = [emptyColumn(), emptyColumn()]
  let field = ''
  let firstMs = Infinity
  let lastMs = -Infinity
  return {
    push(arrivalMs, size, line, name) {
      field = name
      const fate = fateOf(size)
      if (fate === 'refused') {
        append(refusedRows, counts.rows)
        append(refusedLines, line)
      }
      if (fate !== 'dropped') firstMs = Math.min(firstMs, arrivalMs)
      lastMs = Math.max(lastMs, arrivalMs)
      rows.push(arrivalMs, size)
      counts.rows++
    },
    finish(cutOf) {
      const cut = cutOf(firstMs)
      const { arrivalMs, batchSize } = rows.finish()
      const [refusedRow, refusedLine] = [refusedRows, refusedLines].map(numbersOf)
      let next = 0
      let earlier = 0
      arrivalMs.forEach((at, row) => {
        const line = refusedRow[next] === row ? refusedLine[next++] : 0
        const afterMs = at - cut.zeroMs
        if (afterMs >= cut.fromMs && afterMs < cut.toMs) add(at, batchSize[row], line, field)
        else counts.outsideWindow++
        if (afterMs < cut.fromMs && fateOf(batchSize[row]) !== 'dropped') earlier++
      })
      return { columns: columns.finish(), counts, cut, lastMs, earlier }
    },
  }
}

function least(values: Float64Array): number {
  return values.reduce((smallest, value) => Math.min(smallest, value), Infinity)
}

function refusedSize(place: Place, size: number, maxBatchSize: number): KairosError {
  if (Number.isNaN(size)) {
    const cure = 'drop such rows (--drop empty), or take the size from another column or a mix'
    return new KairosError('BAD_FILE', 'is empty', place, cure)
  }
  const cure =
    size === 0
      ? 'drop such rows (--drop zero), or take the size from another column or a mix'
      : `the largest batch size is ${maxBatchSize}: clamp to it (--clamp-to ${maxBatchSize}), or drop such rows (--drop beyond)`
  return new KairosError('BAD_FILE', `is a size of ${size}`, place, cure)
}
