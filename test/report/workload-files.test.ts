import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readWorkload } from '../../src/index.ts'
import { workloadFiles } from '../../src/report/workload-files.ts'
import { temporaryFolder } from '../cli/kairos.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

test('the table says its concurrency, and its samples where some are known', () => {
  const workload = smallWorkload()
  const { latency } = workload
  const samples = Float64Array.from(latency.samples, (_, row) => (row === 0 ? 0 : 100))
  const taken = { ...latency, samples, concurrency: Float64Array.of(4, 0) }
  const table = workloadFiles({ ...workload, latency: taken }).find(({ name }) => name === 'latency.csv')!
  const [header, ...rows] = table.text.trim().split('\n')
  expect(header).toMatch(/^instance_type,batch_size,samples,concurrency,mean_ms,/)
  expect(rows[0]).toMatch(/^fast,\d+,0,4,/)
  expect(rows.at(-1)).toMatch(/^slow,\d+,100,,/)
  const plain = workloadFiles(workload).find(({ name }) => name === 'latency.csv')!
  expect(plain.text).not.toContain('concurrency')
})

test('a workload is read back from its files, to the last digit', async () => {
  const workload = { ...smallWorkload(), batching: { maxBatch: { fast: 100 } } }
  const { latency } = workload
  const digits = (values: Float64Array) => values.map((ms) => ms / 3)
  const own = { ...latency, meanMs: digits(latency.meanMs), knotsMs: digits(latency.knotsMs) }
  const folder = temporaryFolder()
  for (const { name, text } of workloadFiles({ ...workload, latency: own }))
    writeFileSync(join(folder, name), text)
  expect(await readWorkload(join(folder, 'workload.json'))).toEqual({ ...workload, latency: own })
})
