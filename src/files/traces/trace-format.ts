import type { ReadOptions } from '../io/lines.ts'

/** `csv` is any CSV file by the names of its columns; `kairos` our own, `arrival_ms,batch_size`. */
export const TRACE_FORMATS = [
  'azure-llm',
  'azure-functions',
  'burstgpt',
  'mooncake',
  'csv',
  'kairos',
] as const

/** A format that `convertTrace` reads. */
export type TraceFormat = (typeof TRACE_FORMATS)[number]

/** Rows that may be left out: with a size of 0, or one beyond the largest. */
export const DROPS = ['zero', 'beyond'] as const

/** Rows that an import leaves out: those of size 0, or those beyond the largest size. */
export type Drop = (typeof DROPS)[number]

/** Of arrival times: milliseconds, seconds, microseconds, or ISO 8601 times of day. */
export const TIME_UNITS = ['ms', 's', 'us', 'iso'] as const

/** The unit of arrival times; `iso` is a date and time of ISO 8601. */
export type TimeUnit = (typeof TIME_UNITS)[number]

/**
 * Takes one row of somebody else's trace. Arrivals are in ms on any clock and in any order; a size may be 0,
 * never negative. `line` and `field` say where the size came from.
 */
export type PushRow = (arrivalMs: number, size: number, line: number, field: string) => void

export interface ForeignOptions extends ReadOptions {
  /** What becomes the batch size, in the words of the format. */
  readonly size?: string | undefined
}

/** How a foreign file ended: whether its last line has no end, and may have been cut. */
export interface ForeignEnd {
  readonly endsInsideLine: boolean
}
