/** Live servers on loopback, each side in its own process: a run against its replay, faults and overload. */
import { once } from 'node:events'
import { status } from '@grpc/grpc-js'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { percentileOf } from '../../src/model/results/latencies.ts'
import { generateTrace } from '../../src/model/trace/generate-trace.ts'
import { countAnswers, openLoop, type Sent } from '../live/open-loop.ts'
import { CLI, emulate, memoryMb, route, start, startPeer, withProcesses } from '../live/processes.ts'
import { type Figure, grid, type SuiteResult } from '../measure.ts'

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const figures: Figure[] = []
  for (const part of [liveAgainstReplay, faults, overload]) {
    figures.push(...(await withProcesses(() => part(print))))
  }
  return { suite: 'serve', timings: [], figures }
}

async function liveAgainstReplay(print: (text: string) => void): Promise<Figure[]> {
  await emulate('live', '2,0,9,0')
  const distribute = async (...more: string[]) => {
    const args = ['distribute', '--counts', '2,0,9,0', '--service-addr', 'live/service_addr.json']
    const { said, child } = await start([CLI, ...args, '--format', 'json', '--quiet', ...more], /\n}\n$/)
    if (child.exitCode === null) await once(child, 'close')
    return JSON.parse(said).results[0]
  }
  const poisson = await distribute('--rate', '90', '--queries', '2000', '--compare-replay')
  const rate = String(1000 / 10.5)
  const published = await distribute('--rate', rate, '--queries', '2000', '--arrivals', 'integer-gaps')
  const line = (name: string, { latencyMs, insideQos, lagMs, fellBehind }: typeof poisson) => [
    name,
    latencyMs.avg.toFixed(2),
    latencyMs.p99.toFixed(1),
    `${(100 * insideQos).toFixed(2)}%`,
    lagMs ? `${lagMs.p99.toFixed(2)}${fellBehind ? ' FELL BEHIND' : ''}` : '',
  ]
  const rows = [
    ['', 'mean ms', 'p99 ms', 'inside QoS', 'lag p99 ms'],
    line('live, 90/s', poisson),
    line('replay', poisson.replay),
    line('live, integer gaps of 10.5 ms', published),
  ]
  print(`rm2 on (2,0,9,0), 2,000 queries\n${grid(rows)}`)
  const { meanLatency, violationPoints } = poisson.difference
  return [
    {
      what: 'mean latency, live against replay',
      value: 100 * Math.abs(meanLatency),
      unit: '%',
      goal: { atMost: 5 },
    },
    {
      what: 'violations, live against replay',
      value: Math.abs(violationPoints),
      unit: 'points',
      goal: { atMost: 0.5 },
    },
    {
      what: 'inside QoS, published defaults, live',
      value: 100 * published.insideQos,
      unit: '%',
      goal: { atLeast: 99 },
    },
  ]
}

/** The faults of one small machine, each from a time on, seconds. */
const FAULTS = [
  [38, 'slow'],
  [46, 'nothing'],
  [54, 'garbage'],
  [58, 'nothing'],
  [66, 'reset'],
  [72, 'nothing'],
] as const

async function faults(print: (text: string) => void): Promise<Figure[]> {
  const workload = await readWorkload('rm2')
  const steady = await emulate('steady', '1,0,6,0')
  const [killed, hung, restarted, behind] = await Promise.all([
    emulate('killed', '1,0,0,0'),
    emulate('hung', '0,0,1,0'),
    emulate('restarted', '0,0,1,0'),
    emulate('behind', '0,0,1,0'),
  ])
  const [{ address: inner, type }] = behind.servers
  const faulty = await startPeer('peers.ts', 'faulty', inner)
  const setFault = (what: string) => faulty.child.stdin?.write(`${what}\n`)
  const fleet = [steady, killed, hung, restarted].flatMap(({ servers }) => servers)
  fleet.push({ address: faulty.said.trim(), type })
  const router = await route(fleet, '--log-level', 'error', '--admission', 'all')
  const trace = generateTrace({ arrivals: 'poisson', rate: 60, queries: 5_000, seed: 7, mix: workload.mix })
  const port = restarted.servers[0].address.split(':')[1]
  const at = (seconds: number, work: () => void) => setTimeout(work, 1000 * seconds)
  at(8, () => restarted.child.kill('SIGKILL'))
  at(11, () => emulate('again', '0,0,1,0', '--port', port))
  at(16, () => hung.child.kill('SIGSTOP'))
  at(22, () => hung.child.kill('SIGCONT'))
  at(27, () => killed.child.kill('SIGKILL'))
  for (const [seconds, what] of FAULTS) at(seconds, () => setFault(what))
  const sent = await openLoop(router.address, trace, 10_000)
  const text = await router.metrics()
  const count = (name: string) => {
    const lines = [...text.matchAll(new RegExp(`^${name}\\S* (\\d+)$`, 'gm'))]
    return lines.reduce((sum, [, value]) => sum + Number(value), 0)
  }
  const answered = sent.filter(({ code }) => code === status.OK)
  const after = (from: number, to: number) => {
    const part = answered.filter(({ atMs }) => atMs >= 1000 * from && atMs < 1000 * to)
    return percentileOf(Float64Array.from(part, ({ latencyMs }) => latencyMs).sort(), 99)
  }
  const rows = [
    ['', 'p99 ms'],
    ['before', after(0, 8).toFixed(0)],
    ['one small machine is killed, and started again 3 s later', after(8, 16).toFixed(0)],
    ['one small machine hangs for 6 s', after(16, 27).toFixed(0)],
    ['the same, from 5 s after it stops on', after(21, 27).toFixed(0)],
    ['one GPU is killed for good', after(27, 38).toFixed(0)],
    ['one small machine is ten times slower for 8 s', after(38, 54).toFixed(0)],
    ['it answers garbage for 4 s', after(54, 66).toFixed(0)],
    ['its connections are reset for 6 s', after(66, 84).toFixed(0)],
  ]
  print(
    `faults, ${sent.length} queries at 60/s: ${answered.length} answered, ${count('kairos_retries_total')} tried ` +
      `elsewhere, ${count('kairos_ejections_total')} ejections\n${grid(rows)}`,
  )
  const lost = sent.filter(({ answers }) => answers !== 1).length
  const unanswered = sent.length - answered.length
  return [
    { what: 'faults: queries lost or answered twice', value: lost, unit: '', goal: { atMost: 0 } },
    { what: 'faults: queries refused', value: unanswered, unit: '' },
    {
      what: 'faults: p99 from 5 s after the start of a hang',
      value: after(21, 27),
      unit: 'ms',
      goal: { atMost: 350 },
    },
  ]
}

async function overload(print: (text: string) => void): Promise<Figure[]> {
  const workload = await readWorkload('rm2')
  const { servers } = await emulate('over', '2,0,9,0')
  const router = await route(servers, '--log-level', 'error')
  const draw = (rate: number, seconds: number, seed: number) =>
    generateTrace({ arrivals: 'poisson', rate, queries: Math.round(rate * seconds), seed, mix: workload.mix })
  const normal = await openLoop(router.address, draw(70, 8, 1), 10_000)
  const decided = await router.metrics()
  const over = await openLoop(router.address, draw(285, 30, 2), 10_000)
  const afterwards = await openLoop(router.address, draw(70, 8, 3), 10_000)
  const memory = await memoryMb(router.child.pid!, 'VmHWM')
  const share = (sent: readonly Sent[]) => {
    const { answered, inTime } = countAnswers(sent, workload.qosMs)
    return { answered: answered / sent.length, inside: inTime / answered }
  }
  const percent = (value: number) => `${(100 * value).toFixed(1)}%`
  const line = (name: string, sent: readonly Sent[]) => {
    const { answered, inside } = share(sent)
    return [name, String(sent.length), percent(answered), percent(inside)]
  }
  // from two seconds after the overload
  const settled = afterwards.filter(({ atMs }) => atMs > 2000)
  print(
    `overload of rm2 on (2,0,9,0)\n${grid([
      ['', 'queries', 'answered', 'of them inside QoS'],
      line('70/s', normal),
      line('285/s for 30 s', over),
      line('70/s again, from 2 s on', settled),
    ])}`,
  )
  const explicit = over.every(({ code }) => code === status.OK || code === status.RESOURCE_EXHAUSTED)
  const codes = new Map<string, number>()
  for (const { code } of over) codes.set(status[code], (codes.get(status[code]) ?? 0) + 1)
  print(`outcomes: ${[...codes].map(([code, count]) => `${count} ${code}`).join(', ')}\n`)
  return [
    {
      what: 'decision in the router, 11 instances, p99',
      value: quantileOf(decided, 0.99),
      unit: 'µs',
      goal: { atMost: 100 },
    },
    {
      what: 'overload: accepted inside QoS',
      value: 100 * share(over).inside,
      unit: '%',
      goal: { atLeast: 95 },
    },
    { what: 'overload: refusals without a reason', value: explicit ? 0 : 1, unit: '', goal: { atMost: 0 } },
    {
      what: 'overload: answered from 2 s after it',
      value: 100 * share(settled).answered,
      unit: '%',
      goal: { atLeast: 98 },
    },
    { what: 'overload: most memory of the router', value: memory, unit: 'MB', goal: { atMost: 300 } },
  ]
}

/** A quantile of the decision times of a router, µs, linear inside a bucket. */
function quantileOf(metrics: string, quantile: number): number {
  const pattern = /^kairos_decision_seconds_bucket\{le="([^"]+)"\S* (\d+)$/gm
  const buckets = [...metrics.matchAll(pattern)].map(([, le, count]) => ({
    upTo: le === '+Inf' ? Infinity : Number(le),
    count: Number(count),
  }))
  const wanted = quantile * buckets[buckets.length - 1].count
  const i = buckets.findIndex(({ count }) => count >= wanted)
  const below = i === 0 ? { upTo: 0, count: 0 } : buckets[i - 1]
  const share = (wanted - below.count) / (buckets[i].count - below.count)
  return 1e6 * (below.upTo + share * (buckets[i].upTo - below.upTo))
}
