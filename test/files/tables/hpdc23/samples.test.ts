import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { summarise } from '../../../../src/files/tables/hpdc23/samples.ts'
import { published } from '../../scratch.ts'

interface Case {
  readonly inferenceMs: number[]
  readonly loadMs: number[]
  readonly meanMs: number
  readonly knotsMs: number[]
}

/** Made with numpy: seeded gamma samples, chosen such that a plain sum or a plain interpolation is a bit off. */
const cases: Case[] = JSON.parse(readFileSync(published('numpy.json'), 'utf8'))

test.each(cases)('mean and quantiles of numpy, to the last bit: case %#', (given) => {
  const { inferenceMs, loadMs, meanMs, knotsMs } = given
  expect(summarise(Float64Array.from(inferenceMs), Float64Array.from(loadMs))).toEqual({
    samples: inferenceMs.length - 1,
    meanMs,
    knotsMs: Float64Array.from(knotsMs),
  })
})
