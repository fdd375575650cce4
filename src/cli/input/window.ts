import { InvalidArgumentError } from 'commander'

/** Times on the clock of a trace, in ms: from `from` on and before `to`. */
export interface Window {
  readonly from?: number
  readonly to?: number
}

const MILLISECONDS: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads `from..to` in milliseconds, or with units. An end that is left out is the end of the trace. */
export function parseWindow(text: string): Window {
  const [from = '', to = '', ...more] = text.split('..')
  const window = { ...end('from', from), ...end('to', to) }
  const { from: fromMs = 0, to: toMs = Infinity } = window
  if (more.length === 0 && text.includes('..') && fromMs < toMs) return window
  throw new InvalidArgumentError('Expected <from>..<to>, the end after the start.')
}

function end(name: keyof Window, text: string): Window {
  if (text.trim() === '') return {}
  const match = /^(\d+(?:\.\d*)?|\.\d+)(ms|s|min|h|d)?$/.exec(text.trim())
  if (match !== null) return { [name]: Number(match[1]) * MILLISECONDS[match[2] ?? 'ms'] }
  throw new InvalidArgumentError(`"${text}" is no time: expected e.g. 1500, 90s, 5min, 2h or 1d.`)
}
