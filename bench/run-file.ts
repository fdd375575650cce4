/** A run of the suites as a file: every timing and figure, and the machine. */
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { z } from 'zod'
import type { SuiteResult } from './measure.ts'

/** The version of the format. A change that an older reader would misread increases it. */
const SCHEMA = 2

/** JSON has no NaN: a figure without a value is saved as null. */
const number = z.union([z.number(), z.null().transform(() => Number.NaN)])

const runFile = z.object({
  schema: z.literal(SCHEMA),
  node: z.string(),
  machine: z.string(),
  platform: z.string(),
  date: z.string(),
  results: z.array(
    z.object({
      suite: z.string(),
      timings: z.array(
        z.object({
          group: z.string(),
          name: z.string(),
          reference: z.literal(true).exactOptional(),
          minMs: number,
          medianMs: number,
          spread: number,
          samples: z.number(),
        }),
      ),
      figures: z.array(
        z.object({
          what: z.string(),
          value: number,
          unit: z.string(),
          goal: z
            .union([z.object({ atLeast: z.number() }), z.object({ atMost: z.number() })])
            .exactOptional(),
          spread: number.exactOptional(),
        }),
      ),
    }),
  ),
})

export interface Run {
  readonly schema: typeof SCHEMA
  readonly node: string
  readonly machine: string
  readonly platform: string
  readonly date: string
  readonly results: readonly SuiteResult[]
}

export function machine(): string {
  return `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`
}

/** A run on this machine, now. */
export function runOf(results: readonly SuiteResult[]): Run {
  return {
    schema: SCHEMA,
    node: process.version,
    machine: machine(),
    platform: `${process.platform} ${process.arch}`,
    date: new Date().toISOString(),
    results,
  }
}

/** Throws an error with the file and the reason if the file does not hold a run of this schema. */
export function readRun(file: string): Run {
  let document: unknown
  try {
    document = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`)
  }
  const read = runFile.safeParse(document)
  if (!read.success) {
    const [{ path, message }] = read.error.issues
    throw new Error(`${file}: ${path.join('.') || 'the file'}: ${message}`)
  }
  return read.data
}
