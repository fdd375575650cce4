import { readColumns, refusedNumber } from '../../io/csv-columns.ts'
import { parseDecimal } from '../../io/decimal.ts'
import type { ReadRows } from './format.ts'

const END = 'end_timestamp'
const DURATION = 'duration'

/**
 * Reads the Azure Functions invocation trace of 2021 (Zhang et al., SOSP 2021), times in seconds. An invocation arrives
 * at its end minus its duration. The trace has no sizes: an invocation counts as `one` item, or as its `duration` in
 * whole milliseconds, rounded up and at least 1.
 */
export const readAzureFunctions: ReadRows = (file, { size, ...reading }, push) => {
  return readColumns(file, { ...reading, columns: [END, DURATION] }, ([end, duration], line) => {
    const endMs = parseDecimal(end, 3)
    const durationMs = parseDecimal(duration, 3)
    if (Number.isNaN(endMs)) throw refusedNumber(file, line, END, end, 'a number of seconds')
    if (!(durationMs >= 0)) throw refusedNumber(file, line, DURATION, duration, 'a number of seconds >= 0')
    push(endMs - durationMs, size === 'one' ? 1 : Math.max(1, Math.ceil(durationMs)), line, DURATION)
  })
}
