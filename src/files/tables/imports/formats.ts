/** The formats that `kairos-wasm import` makes latency tables from. */
import type { ReadLatencies } from './latency-format.ts'

interface LatencyFormat {
  readonly name: string
  readonly meaning: string
  /** Whether a file may have requests of several names. */
  readonly hasNames?: boolean
  /** Whether it is a log whose columns the caller may name. */
  readonly isMapped?: boolean
  /** Whether it is CSV whose delimiter and header the caller may name. */
  readonly takesDelimiter?: boolean
  readonly load: () => Promise<{ readonly readLatencies: ReadLatencies }>
}

export const LATENCY_FORMATS: readonly LatencyFormat[] = [
  {
    name: 'perf-analyzer',
    meaning: 'CSV of Triton perf_analyzer -f',
    load: () => import('./perf-analyzer.ts'),
  },
  {
    name: 'genai-perf',
    meaning: 'JSON of GenAI-Perf: requests or statistics',
    load: () => import('./genai-perf.ts'),
  },
  {
    name: 'aiperf',
    meaning: 'JSON or JSONL of AIPerf: statistics or requests',
    load: () => import('./aiperf.ts'),
  },
  {
    name: 'vllm',
    meaning: 'JSON of vllm bench serve --save-result --save-detailed',
    load: () => import('./vllm.ts'),
  },
  { name: 'mlperf', meaning: 'summary or detail log of MLPerf LoadGen', load: () => import('./mlperf.ts') },
  {
    name: 'locust',
    meaning: 'NAME_stats.csv of Locust',
    hasNames: true,
    load: () => import('./locust.ts'),
  },
  { name: 'k6', meaning: 'CSV of k6 run --out csv=FILE', hasNames: true, load: () => import('./k6.ts') },
  {
    name: 'log',
    meaning: 'a log in CSV: batch,latency_ms, or others by --map',
    isMapped: true,
    takesDelimiter: true,
    load: () => import('./latency-log.ts'),
  },
  {
    name: 'jsonl',
    meaning: 'a log of JSON lines, by --map',
    isMapped: true,
    load: () => import('./mapped-log.ts'),
  },
]
