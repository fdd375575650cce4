import { expect, test } from 'vitest'
import { queueStatusText } from '../../../src/report/replay/queue-status.ts'

const EMPTY = {
  ...{ server: 'redis://10.0.0.5:6379', version: '2.0', versions: [], contents: 1200 },
  ...{ memoryBytes: 1.5 * 2 ** 20, memoryPolicy: 'noeviction' },
}

test('has a line for each version, what waits without a worker, and the reasons of failures', () => {
  const counts = { workers: 0, waiting: 1000, running: 3, retrying: 4, failed: 5, done: 6 }
  const failures = [{ job: 'replay of 1,2 under fcfs, seed 1', reason: 'no memory' }]
  const versions = [
    { version: '1.0', ...counts, failures },
    { version: '2.0', ...counts, workers: 2, failures: [] },
  ]
  expect(queueStatusText({ ...EMPTY, versions }, false).split('\n')).toEqual([
    'redis://10.0.0.5:6379',
    '1,200 workloads and traces, 1.5 MiB, maxmemory-policy noeviction; this is version 2.0',
    '',
    'version  workers  waiting  running  retrying  failed  done',
    '1.0            0    1,000        3         4       5     6',
    '2.0            2    1,000        3         4       5     6',
    '',
    '1,004 jobs wait for a worker of 1.0',
    '',
    'failed: replay of 1,2 under fcfs, seed 1: no memory',
    '',
  ])
})

test('one job waits', () => {
  const counts = { workers: 0, waiting: 1, running: 0, retrying: 0, failed: 0, done: 0 }
  const text = queueStatusText(
    { ...EMPTY, contents: 1, versions: [{ version: '1.0', ...counts, failures: [] }] },
    false,
  )
  expect(text).toContain('1 job waits for a worker of 1.0\n')
  expect(text).toContain('\n1 workload or trace, ')
})

test('says where there are no jobs', () => {
  expect(queueStatusText(EMPTY, false)).toMatch(/\n\nno jobs\n$/)
})
