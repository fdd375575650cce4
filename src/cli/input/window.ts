import { InvalidArgumentError } from 'commander'
import { parseTimestamp, textOfTime } from '../../files/io/timestamp.ts'
import { milliseconds } from './times.ts'

/** Times on the clock of a trace, in ms, or instants: from `from` on and before `to`. */
export interface Window {
  readonly from?: number | string
  readonly to?: number | string
}

/** Reads `from..to` in milliseconds, with units, or as dates with times. A missing end is the end of the trace. */
export function parseWindow(text: string): Window {
  const [from = '', to = '', ...more] = text.split('..')
  const window = { ...end('from', from), ...end('to', to) }
  if (more.length === 0 && text.includes('..') && !isReversed(window)) return window
  throw new InvalidArgumentError('Expected <from>..<to>, the end after the start.')
}

function isReversed({ from = 0, to = Infinity }: Window): boolean {
  if (typeof from === 'number' && typeof to === 'number') return from >= to
  return typeof from === 'string' && typeof to === 'string' && Date.parse(from) >= Date.parse(to)
}

/** Reads a date with a time in ISO 8601, or a date alone: UTC, unless it names a zone. */
export function parseInstant(text: string): string {
  const date = text.trim()
  const time = parseTimestamp(/^\d{4}-\d\d-\d\d$/.test(date) ? `${date}T00:00Z` : date)
  if (time) return textOfTime(time)
  throw new InvalidArgumentError(`Expected a time such as 2026-11-18T09:30:00Z.`)
}

function end(name: keyof Window, text: string): Window {
  if (text.trim() === '') return {}
  const ms = milliseconds(text, 'ms')
  if (!Number.isNaN(ms)) return { [name]: ms }
  if (/^\d{4}-/.test(text.trim())) return { [name]: parseInstant(text) }
  throw new InvalidArgumentError(
    `"${text}" is no time: expected e.g. 1500, 90s, 5min, 2h, 1d or 2026-11-18T09:30:00Z.`,
  )
}
