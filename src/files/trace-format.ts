import type { ReadOptions } from './text-stream.ts'

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
  readonly endsOpen: boolean
}
