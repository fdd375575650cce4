import { azureFunctions } from './azure-functions.ts'
import { azureLlm } from './azure-llm.ts'
import { burstGpt } from './burstgpt.ts'
import { anyCsv } from './csv.ts'
import type { TraceReader } from './format.ts'
import { kairos } from './kairos.ts'
import { mooncake } from './mooncake.ts'

/** The formats that `kairos trace convert` reads, by name. */
export const TRACE_READERS = {
  'azure-llm': azureLlm,
  'azure-functions': azureFunctions,
  burstgpt: burstGpt,
  mooncake,
  csv: anyCsv,
  kairos,
} as const satisfies Readonly<Record<string, TraceReader>>

export type TraceFormat = keyof typeof TRACE_READERS

/** The names of the formats. */
export const TRACE_FORMATS: readonly TraceFormat[] = Object.keys(TRACE_READERS) as TraceFormat[]
