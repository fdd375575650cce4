import type { TraceFormatEntry } from './format.ts'

/** Numbers of tokens that can be the size of a request: of the prompt, of the answer, or of both. */
const TOKENS = ['context', 'generated', 'sum']

/** The formats that `kairos-wasm trace convert` reads, by name. */
export const TRACE_READERS = {
  'azure-llm': {
    columns: 'TIMESTAMP,ContextTokens,GeneratedTokens',
    sizes: TOKENS,
    load: async () => (await import('./azure-llm.ts')).readAzureLlm,
  },
  'azure-functions': {
    columns: 'app,func,end_timestamp,duration',
    sizes: ['one', 'duration'],
    load: async () => (await import('./azure-functions.ts')).readAzureFunctions,
  },
  burstgpt: {
    columns: 'Timestamp,Model,Request tokens,Response tokens,…',
    sizes: TOKENS,
    load: async () => (await import('./burstgpt.ts')).readBurstGpt,
  },
  mooncake: {
    columns: 'JSON lines: timestamp, input_length, output_length',
    sizes: TOKENS,
    load: async () => (await import('./mooncake.ts')).readMooncake,
  },
  csv: {
    columns: 'any CSV file with a header, by --map',
    sizes: [],
    isMapped: true,
    load: async () => (await import('./mapped.ts')).readAnyCsv,
  },
  jsonl: {
    columns: 'lines of JSON objects, by --map',
    sizes: [],
    isMapped: true,
    load: async () => (await import('./mapped.ts')).readJsonLines,
  },
  kairos: {
    columns: 'arrival_ms,batch_size, to cut, sort and scale it',
    sizes: [],
    keepsClock: true,
    load: async () => (await import('./mapped.ts')).readKairos,
  },
} satisfies Readonly<Record<string, TraceFormatEntry>>

/** The name of a format. */
export type TraceFormat = keyof typeof TRACE_READERS

/** The names of the formats. */
export const TRACE_FORMATS: readonly TraceFormat[] = Object.keys(TRACE_READERS) as TraceFormat[]
