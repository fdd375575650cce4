import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeServiceAddresses } from '../../../src/files/documents/service-addresses.ts'
import { readWorkload } from '../../../src/files/documents/workload.ts'
import type { Workload } from '../../../src/model/workload/workload.ts'
import { emulate, until } from '../../serve/router/live.ts'
import { kairos, temporaryFolder } from '../kairos.ts'

const TYPES = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge']
let workload: Workload
beforeAll(async () => {
  workload = await readWorkload('rm2')
})

async function fleet(counts: number[]) {
  const folder = temporaryFolder()
  const emulator = await emulate(counts, { workload, types: TYPES })
  await writeServiceAddresses(
    join(folder, 'service_addr.json'),
    emulator.servers.map(({ address }) => address),
  )
  return { folder, emulator }
}

test('the published summary and ours, beside a replay', async () => {
  const { folder } = await fleet([1, 0, 2, 0])
  const args = ['distribute', '--counts', '1,0,2,0', '--rate', '30', '--queries', '30', '--compare-replay']
  const { status, stdout, stderr } = await kairos([...args, '--policy', 'kairos'], folder)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(
    new RegExp(
      [
        '={32}',
        'Result of KAIROS query distributor:',
        'number of instances: 3',
        "instance type: {'g4dn.xlarge': 1, 'c5n.2xlarge': 0, 'r5n.large': 2, 't3.xlarge': 0}",
        'cloud cost: \\$0.824/hr',
        'non violation: [\\d.]+%',
        'lat violation: [\\d.]+%',
        'throughput QPS: [\\d.]+',
        '={32}',
      ].join('\n'),
    ),
  )
  expect(stdout).toMatch(/^live +30 +0 /m)
  expect(stdout).toMatch(/^replay +30 +0 /m)
  expect(stdout).toContain(
    'the percentages at the top count waiting and service alone, as the published scripts do',
  )
  expect(stdout).toMatch(/lag of the driver: p50 [\d.,]+ ms/)
  expect(stdout).toMatch(/live against replay: mean latency [+−][\d.,]+%, violations [+−][\d.]+ points/)
})

test('a trace from a file, two policies in turn, as data', async () => {
  const { folder } = await fleet([1, 0, 1, 0])
  writeFileSync(join(folder, 'trace.csv'), 'arrival_ms,batch_size\n0,10\n20,15\n45,30\n')
  writeFileSync(join(folder, 'config.json'), '{ "g4dn.xlarge": 1, "r5n.large": 1 }')
  const args = ['distribute', '--counts', 'config.json', '--trace', 'trace.csv', '--policy', 'kairos,fcfs']
  const more = ['--format', 'json', '--model-name', 'rm2', '--qos-ms', '60000']
  const { status, stdout } = await kairos([...args, ...more], folder)
  expect(status).toBe(0)
  const { results } = JSON.parse(stdout)
  expect(results).toMatchObject([
    {
      policy: 'kairos',
      queries: 3,
      failed: 0,
      violations: 0,
      insideQos: 1,
      published: { costPerHour: 0.675 },
    },
    { policy: 'fcfs', queries: 3 },
  ])
  expect(Object.keys(results[0].latencyMs)).toEqual(['avg', 'min', 'max', 'p99', 'p90', 'p50', 'std'])
})

test('a report and a timeline for each policy', async () => {
  const { folder } = await fleet([1, 0, 2, 0])
  const args = ['distribute', '--counts', 'g4dn.xlarge=1,r5n.large=2', '--rate', '30', '--queries', '30']
  const saved = ['--report', 'live.html', '--chrome-trace', 'live.json', '--policy', 'priced,fcfs']
  const { status, stderr } = await kairos([...args, ...saved], folder)
  expect(status).toBe(0)
  expect(stderr).toContain('saved live.priced.json and live.fcfs.json')
  for (const policy of ['priced', 'fcfs']) {
    const { traceEvents } = JSON.parse(readFileSync(join(folder, `live.${policy}.json`), 'utf8'))
    interface Event {
      readonly ph: string
      readonly pid: number
      readonly ts: number
      readonly dur: number
      readonly args: { readonly deadline_ms: number; readonly wait_ms: number }
    }
    const of = (phase: string) => (traceEvents as Event[]).filter(({ ph }) => ph === phase)
    const spans = of('X').filter(({ pid }) => pid === 1)
    expect(spans).toHaveLength(30)
    expect([of('s').length, of('f').length]).toEqual([30, 30])
    for (const { dur, ts, args } of spans) {
      expect(dur).toBeGreaterThan(0)
      // the deadline is the arrival, which is the start less the wait, and the target
      expect(args.deadline_ms).toBeCloseTo(ts / 1000 - args.wait_ms + workload.qosMs, 2)
    }
  }
  const page = readFileSync(join(folder, 'live.html'), 'utf8')
  for (const id of ['latency', 'over-time']) expect(page.includes(`id="figure-${id}"`), id).toBe(true)
  expect(page.match(/<tr><td[^>]*>(priced|fcfs)</g)).toHaveLength(2)
})

test('queries without an answer are told, and the status says so', async () => {
  const { folder, emulator } = await fleet([2, 0, 0, 0])
  const [first] = emulator.servers
  const stopped = until(() => first.served > 5).then(() => first.stop())
  const args = [
    'distribute',
    '--counts',
    '2,0,0,0',
    '--rate',
    '40',
    '--queries',
    '80',
    '--arrivals',
    'constant',
  ]
  const { status, stderr } = await kairos(args, folder)
  await stopped
  // the server may have been between two queries: the next one then fails
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^priced: 1 query was not answered\n {2}1 x (127.0.0.1:\d+): (UNAVAIL|CANCEL).*\npriced: \1 was lost after /,
    ),
  })
})

describe('what it cannot do', () => {
  test.each([
    [
      'no addresses and nothing that arrives',
      ['--service-addr', 'nope.json'],
      2,
      /no trace is given|nope\.json/,
    ],
    ['no addresses', ['--service-addr', 'nope.json', '--rate', '9'], 2, /nope\.json: .*no such file/],
    [
      'a model that servers do not have',
      ['--rate', '9', '--model-name', 'bert'],
      1,
      /has no model "bert": .*; name one/,
    ],
  ])('%s', async (_what, flags, expected, message) => {
    const { folder } = await fleet([1, 0, 0, 0])
    const { status, stdout, stderr } = await kairos(['distribute', '--counts', '1,0,0,0', ...flags], folder)
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
  })

  test('servers that are not there, in words', async () => {
    const folder = temporaryFolder()
    await writeServiceAddresses(join(folder, 'service_addr.json'), ['127.0.0.1:1'])
    const { status, stderr } = await kairos(['distribute', '--counts', '1,0,0,0', '--rate', '9'], folder)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^kairos-wasm: 127\.0\.0\.1:1: cannot be reached: UNAVAILABLE .*ECONNREFUSED/)
  })
})

test('a server that is gone before the last policy leaves the results of the others', async () => {
  const { folder, emulator } = await fleet([1, 0, 1, 0])
  const args = [
    'distribute',
    '--counts',
    '1,0,1,0',
    '--policy',
    'kairos,fcfs',
    '--rate',
    '40',
    '--queries',
    '40',
  ]
  const more = ['--format', 'json', '--chrome-trace', 'timeline.json', '--report', 'report.html']
  const running = kairos([...args, ...more], folder)
  await until(() => emulator.servers[1].served > 0)
  await emulator.servers[1].stop()
  const { status, stdout, stderr } = await running
  expect(status).toBe(1)
  expect(JSON.parse(stdout).results).toMatchObject([{ policy: 'kairos', queries: 40 }])
  expect(stderr).toMatch(/\nof 2 policies, 1 ran to the end\nkairos-wasm: .*: cannot be reached: .*\n$/)
  expect(readdirSync(folder).sort()).toEqual(['report.html', 'service_addr.json', 'timeline.kairos.json'])
})

test('policies at their own gaps, each ended when it fails, with a log of each server', async () => {
  const { folder, emulator } = await fleet([1, 0, 1, 0])
  // 10 queries a second are easy; 1,000 are not
  const args = ['distribute', '--counts', '1,0,1,0', '--policy', 'kairos,fcfs', '--gaps', '100,1']
  const more = [
    '--queries',
    '80',
    '--qos-ms',
    '1500',
    '--end-early',
    '--server-logs',
    'logs',
    '--format',
    'json',
  ]
  const { status, stdout, stderr } = await kairos([...args, ...more], folder)
  expect(stderr).toMatch(/saved a log of each server in logs\/kairos\n[\s\S]*logs\/fcfs/)
  expect(status).toBe(0)
  const { results } = JSON.parse(stdout)
  expect(results).toMatchObject([
    { policy: 'kairos', queries: 80, endedEarly: false },
    { policy: 'fcfs', endedEarly: true },
  ])
  // none of 80 may be late
  expect(results[1].violations).toBe(1)
  // what was not answered when the run ended has not failed
  expect(results.map(({ failed }: { failed: number }) => failed)).toEqual([0, 0])
  expect(results[0].open).toBe(0)
  expect(results[1].open).toBeGreaterThan(0)
  const [address] = emulator.servers.map((server) => server.address.replace(':', '-'))
  const log = readFileSync(join(folder, 'logs/kairos', `0-${address}.csv`), 'utf8')
    .trim()
    .split('\n')
  expect(log[0]).toBe('arrival_ms,batch_size,start_ms,finish_ms,service_ms')
  const other = readdirSync(join(folder, 'logs/kairos')).find((name) => name.startsWith('1-'))!
  const rest = readFileSync(join(folder, 'logs/kairos', other), 'utf8')
    .trim()
    .split('\n')
  expect(log.length - 1 + rest.length - 1).toBe(80)
  const starts = log.slice(1).map((line) => Number(line.split(',')[2]))
  expect(starts).toEqual([...starts].sort((a, b) => a - b))
})
