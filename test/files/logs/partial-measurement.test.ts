import { appendFileSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openPartialMeasurement } from '../../../src/files/logs/partial-measurement.ts'
import { scratchFolder } from '../scratch.ts'

const SETTINGS = { samples: 10, warmUp: 1, model: null }
const bin = (batchSize: number) => ({ type: 'gpu', address: 'g:1', batchSize, samplesMs: [1.5, 2] })

test('keeps bins line by line, and goes on behind a line that was cut', async () => {
  const { path, list } = scratchFolder()
  const first = await openPartialMeasurement(path('deep/t.csv'), SETTINGS)
  expect(first.kept).toEqual([])
  expect(list()).toEqual([])
  await first.add(bin(10))
  await first.add(bin(20))
  appendFileSync(first.path, '{"type":"gpu","batchSi')
  const second = await openPartialMeasurement(path('deep/t.csv'), SETTINGS)
  expect(second.kept).toEqual([bin(10), bin(20)])
  await second.add(bin(30))
  const third = await openPartialMeasurement(path('deep/t.csv'), SETTINGS)
  expect(third.kept).toEqual([bin(10), bin(20), bin(30)])
  expect(readFileSync(third.path, 'utf8').split('\n')).toHaveLength(5)
  await third.remove(['gpu'])
  expect(list()).toEqual(['deep'])
})

test('keeps the rounds of other types when those of one are finished', async () => {
  const { path, list } = scratchFolder()
  const cpu = { ...bin(10), type: 'cpu' }
  const begun = await openPartialMeasurement(path('t.csv'), SETTINGS)
  for (const round of [bin(10), cpu, bin(20)]) await begun.add(round)
  const other = await openPartialMeasurement(path('t.csv'), SETTINGS)
  await other.add({ ...bin(10), type: 'tpu' })
  await other.remove(['tpu', 'cpu'])
  const left = await openPartialMeasurement(path('t.csv'), SETTINGS)
  expect(left.kept).toEqual([bin(10), bin(20)])
  await left.remove(['gpu'])
  expect(list()).toEqual([])
})

test('other settings, and other files, are refused', async () => {
  const { path, write, refusal } = scratchFolder()
  const begun = await openPartialMeasurement(path('t.csv'), SETTINGS)
  await begun.add(bin(10))
  const other = openPartialMeasurement(path('t.csv'), { ...SETTINGS, samples: 20 })
  expect((await refusal(other)).message).toMatch(
    /line 1: was started with other settings; remove it, or .*"samples":10/,
  )
  write(
    'u.csv.partial.ndjson',
    `${JSON.stringify(SETTINGS)}\n{"type":"gpu","address":"g:1","batchSize":10,"samplesMs":[null]}\n`,
  )
  expect((await refusal(openPartialMeasurement(path('u.csv'), SETTINGS))).message).toMatch(
    /line 2: is not a measurement/,
  )
})
