import { KairosError, type Place } from '../../model/errors.ts'
import type { ConversionReport } from '../../model/results/conversion.ts'
import type { Trace } from '../../model/trace.ts'
import type { PushRow } from './formats/format.ts'
import { createTraceColumns } from './trace-columns.ts'

/** Rows that may be dropped: those with a size of 0, and those with a size beyond the largest. */
export const DROPS = ['zero', 'beyond'] as const

/** Rows that a conversion drops: those with a size of 0, or those with a size beyond the largest. */
export type Drop = (typeof DROPS)[number]

export interface AdmissionRules {
  /** Sizes of the file are ignored, because others are drawn. */
  readonly ignoresSizes: boolean
  readonly maxBatchSize?: number | undefined
  readonly clampTo?: number | undefined
  readonly drop?: readonly Drop[] | undefined
}

export interface Admission {
  readonly push: PushRow
  /** The admitted rows in the order of the file, and the number of the others. */
  finish(): { readonly columns: Trace; readonly counts: AdmissionCounts }
}

type AdmissionCounts = Pick<
  ConversionReport,
  'rows' | 'clamped' | 'droppedZero' | 'droppedBeyond' | 'outOfOrder'
>

/**
 * Collects the rows of a file whose size is allowed, and counts what becomes of the others.
 *
 * @throws KairosError from `push`: BAD_FILE for a size of 0 or beyond the largest that is not dropped; TOO_LARGE
 */
export function createAdmission(file: string, rules: AdmissionRules): Admission {
  const { ignoresSizes, maxBatchSize = Infinity, clampTo = Infinity, drop = [] } = rules
  const columns = createTraceColumns()
  const counts = { rows: 0, clamped: 0, droppedZero: 0, droppedBeyond: 0, outOfOrder: 0 }
  let latest = -Infinity
  return {
    push(arrivalMs, size, line, field) {
      counts.rows++
      let admitted = size
      if (!ignoresSizes) {
        if (size > clampTo) {
          counts.clamped++
          admitted = clampTo
        }
        if (admitted === 0 || admitted > maxBatchSize) {
          if (!drop.includes(admitted === 0 ? 'zero' : 'beyond')) {
            throw refusedSize({ file, line, field }, size, maxBatchSize)
          }
          if (admitted === 0) counts.droppedZero++
          else counts.droppedBeyond++
          return
        }
      }
      if (arrivalMs < latest) counts.outOfOrder++
      else latest = arrivalMs
      columns.push(arrivalMs, admitted)
    },
    finish: () => ({ columns: columns.finish(), counts }),
  }
}

function refusedSize(place: Place, size: number, maxBatchSize: number): KairosError {
  const cure =
    size === 0
      ? 'drop such rows, or take the size from another column or a mix'
      : `the largest batch size is ${maxBatchSize}: clamp to it, or drop such rows`
  return new KairosError('BAD_FILE', `is a size of ${size}`, place, cure)
}
