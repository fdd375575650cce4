import { expect, test } from 'vitest'
import { searchConfigurations } from '../../../src/allocate/search/search.ts'
import { space } from '../../../src/model/fleet/build-space.ts'
import { workload } from '../../../src/model/workload/build-workload.ts'
import { searchText } from '../../../src/report/allocation/search.ts'

test('says of one row that its interval includes lower rates, of several that theirs do', async () => {
  const jobs = workload({ latency: { gpu: [[1, 10, 12]] }, mix: { 1: 1 }, qosMs: 50 })
  const machines = space({ types: { gpu: { max: 3, pricePerHour: 1 } }, budgetPerHour: 9 })
  const settings = { workload: jobs, space: machines, queries: 500, repeats: 2, threads: 1 }
  const found = await searchConfigurations({ ...settings, targetQps: 50 })
  const [row] = found.rows
  const closing = (rows: number) => {
    const close = Array.from({ length: rows }, () => ({ ...row, halfWidth: row.mean }))
    return searchText({ ...found, rows: close }, 'table', false)
  }
  expect(closing(1)).toContain('The first row is the cheapest to sustain 50 q/s. Its interval includes lower')
  expect(closing(2)).toContain('The first 2 rows are the cheapest to sustain 50 q/s. Their intervals include')
})
