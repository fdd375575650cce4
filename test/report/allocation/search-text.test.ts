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

test('counts refuted configurations beyond 40 rows, and lists them as csv', async () => {
  const jobs = workload({ latency: { gpu: [[1, 10, 12]] }, mix: { 1: 1 }, qosMs: 50 })
  const machines = space({ types: { gpu: { max: 3, pricePerHour: 1 } }, budgetPerHour: 9 })
  const found = await searchConfigurations({
    ...{ workload: jobs, space: machines, queries: 500, repeats: 2, threads: 1 },
  })
  const measured = found.evaluations.filter(({ outcome }) => outcome === 'measured')
  const [{ counts, costPerHour, bound }] = measured
  const refuted = { counts, costPerHour, bound, outcome: 'refuted' as const, below: 123.4 }
  const withRefuted = (many: number) => ({
    ...found,
    evaluations: [...measured, ...Array.from({ length: many }, () => refuted)],
  })
  const shown = (many: number) => searchText(withRefuted(many), 'table', false)
  const rowsOf = (text: string) => text.match(/< 123\.4/g)?.length
  const room = 40 - measured.length
  expect(rowsOf(shown(room))).toBe(room)
  expect(shown(room)).not.toContain('more refuted')
  expect(rowsOf(shown(room + 1200))).toBe(room)
  expect(shown(room + 1200)).toContain('\n1,200 more refuted: --format csv lists all.\n')
  expect(rowsOf(searchText(withRefuted(room + 1200), 'csv', false).replaceAll(',123.4,', '< 123.4'))).toBe(
    room + 1200,
  )
})
