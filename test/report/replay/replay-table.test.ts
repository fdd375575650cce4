import { expect, test } from 'vitest'
import { metricsOf } from '../../../src/replay/metrics.ts'
import { replay } from '../../../src/replay/replay.ts'
import { replayTable } from '../../../src/report/replay/replay-table.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

const workload = smallWorkload()
const fleet = { types: ['fast', 'slow'], counts: [1, 1] }

/** The lines about the queue, of replays of as many queries that arrive at once. */
function queueLines(...queries: number[]): string[] {
  const rows = queries.map((count) => {
    const trace = { arrivalMs: new Float64Array(count), batchSize: new Float64Array(count).fill(1) }
    return metricsOf(replay({ workload, ...fleet, trace, policy: 'fcfs', service: 'mean' }))
  })
  const subject = { model: workload.model, qosMs: workload.qosMs, percentile: workload.percentile, ...fleet }
  const results = { ...subject, service: 'mean', seed: 1, rate: null, rows } as const
  const lines = [...replayTable(results as never, false)].join('').split('\n')
  return lines.slice(lines.findIndex((line) => line.startsWith('queries waiting')))
}

test('says how long a column of the queue is: of each policy, where they end at different times', () => {
  const [same, first] = queueLines(100, 100)
  expect(same).toMatch(/^queries waiting on average, .* ms a column$/)
  expect(first).not.toContain('a column')
  const [head, short, long] = queueLines(100, 1000)
  expect(head).toBe('queries waiting on average')
  const msOf = (line: string) => Number(/ ([0-9.]+) ms a column$/.exec(line)?.[1])
  expect(msOf(long)).toBeGreaterThan(5 * msOf(short))
})
