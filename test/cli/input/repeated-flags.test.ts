import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kairosHere, temporaryFolder } from '../kairos.ts'

const TWICE = 'is given twice; give it once'

test.each([
  [['allocate', '--top-n', '1', '--top-n', '2'], `--top-n: ${TWICE}`],
  // by its short name too
  [['search', '-w', 'rm2', '--workload', 'rm2'], `--workload: ${TWICE}`],
  [['replay', '--service', 'mean', '--service', 'sampled'], `--service: ${TWICE}`],
  [['trace', 'generate', '--rate', '5', '--rate', '5'], `--rate: ${TWICE}`],
  [
    ['import', 'log', 'x', '--map', 'latency=a', '--map', 'size=b'],
    `--map: ${TWICE}; several values have commas between them`,
  ],
  [['queue', 'status', '--queue', 'a', '--queue', 'b'], `--queue: ${TWICE}`],
  [['import', 'hpdc23', 'x', '--out', 'a', '--out', 'b'], `--out: ${TWICE}`],
  [['allocate', '--batching', '--no-batching'], '--batching and --no-batching contradict; leave one out'],
  [['capacity', '--no-batching', '--batching'], '--no-batching and --batching contradict; leave one out'],
])('%j is refused', async (args, message) => {
  const { status, stdout, stderr } = await kairosHere(args)
  expect(stderr).toBe(`kairos-wasm: ${message}\n`)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})

test('switches and flags that may be repeated are taken again, and flags win over the configuration file', async () => {
  const config = join(temporaryFolder(), 'flags.json')
  writeFileSync(config, JSON.stringify({ batching: true, topN: 3 }))
  const allocate = [
    'allocate',
    '-c',
    config,
    '--no-batching',
    '--no-batching',
    '--top-n',
    '1',
    '--format',
    'csv',
  ]
  const { status, stdout } = await kairosHere(allocate)
  expect(status).toBe(0)
  expect(stdout.trim().split('\n')).toHaveLength(2)

  const replay = ['replay', '--model', 'rm2', '--rate', '20', '--queries', '50', '--format', 'csv']
  const both = await kairosHere([...replay, '--counts', '2,0,9,0', '--counts', '1,0,9,0'])
  expect(both.status).toBe(0)
})
