/** Replays of one configuration of rm2, as jobs. */
import { generateTrace, type readStoredTrace, readWorkload, type Trace } from '../../src/index.ts'

const workload = await readWorkload('rm2')
export const FLEET = {
  workload,
  types: workload.latency.types,
  counts: [2, 0, 9, 0],
  policy: 'fcfs',
} as const

export const drawn = (queries: number, seed = 1): Trace =>
  generateTrace({ arrivals: 'poisson', rate: 60, queries, seed, mix: workload.mix })

type Found = Awaited<ReturnType<typeof readStoredTrace>>

/** @param load a trace, and where it is stored if workers are to find it there */
export const replayJob = (load: Pick<Found, 'load'> & Partial<Found>, seed: number) =>
  ({ kind: 'replay', ...FLEET, ...load, seed }) as const
