import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { shippedPath } from '../../src/files/io/shipped.ts'
import { readMix } from '../../src/files/tables/mix.ts'
import { publishedMix } from '../../src/model/workload/published-mix.ts'
import { published } from './scratch.ts'

test.each([
  ['rm2', 350],
  ['ncf', 5],
  ['wnd', 25],
  ['mtwnd', 25],
  ['dien', 35],
])('the shipped workload %s', async (name, qosMs) => {
  const { model, latency, mix, ...target } = await readWorkload(name)
  expect(model).toBe(name)
  expect(target).toEqual({ qosMs, percentile: 99 })
  expect(latency.types).toEqual(['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge'])
  expect(latency.batchSizes).toEqual(Float64Array.from({ length: 100 }, (_, k) => 10 * (k + 1)))
  expect(latency.levels).toEqual(Float64Array.of(0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1))
  expect(latency.samples).toEqual(new Float64Array(400).fill(99))
  expect(mix).toEqual(publishedMix())
})

test.each(['rm2', 'mtwnd'])('the table of %s has the rows that were computed independently', (model) => {
  const lines = readFileSync(shippedPath(`latency/${model}.csv`), 'utf8').split('\n')
  for (const line of readFileSync(published(`${model}.csv`), 'utf8').split('\n')) {
    expect(lines).toContain(line)
  }
})

test('the shipped mix is the published one, every bit', async () => {
  expect(await readMix(shippedPath('mixes/hpdc23.csv'))).toEqual(publishedMix())
})
