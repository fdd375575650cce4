import { expect } from 'vitest'
import { type ConvertTraceOptions, convertTrace } from '../../../src/files/traces/convert-trace.ts'
import { checkTrace } from '../../../src/model/trace/trace.ts'
import { scratchFolder } from '../scratch.ts'

export const AZURE_LLM = `TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.9799600,4808,10
2023-11-16 18:17:04.0319600,3180,8
2023-11-16 18:17:04.0781490,110,27
2023-11-16 18:17:33.4590290,1555,19`

/** A report in which nothing but `rows` and `kept` happened. */
export const nothing = {
  ...{ leftOut: 0, clamped: 0, droppedEmpty: 0, droppedZero: 0, droppedBeyond: 0 },
  ...{ outsideWindow: 0, outOfOrder: 0 },
}

/** Converts a file with this content, and checks that the result is a trace and the report adds up. */
export async function convert(content: string, options: Omit<ConvertTraceOptions, 'path'>) {
  const path = scratchFolder().write('foreign', content)
  const { trace, report } = await convertTrace({ ...options, path })
  expect(() => checkTrace(trace)).not.toThrow()
  const { rows, kept, leftOut, droppedEmpty, droppedZero, droppedBeyond, outsideWindow } = report
  expect(kept + leftOut + droppedEmpty + droppedZero + droppedBeyond + outsideWindow).toBe(rows)
  expect(trace.arrivalMs.length).toBe(kept)
  return { arrivals: [...trace.arrivalMs], sizes: [...trace.batchSize], report }
}
