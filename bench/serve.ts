/** Live servers on loopback, each side in its own process: the overhead of the router, and its behaviour under faults. */
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Client, status } from '@grpc/grpc-js'
import { readWorkload } from '../src/files/documents/workload.ts'
import { generateTrace } from '../src/model/generate-trace.ts'
import { percentileOf } from '../src/model/latencies.ts'
import type { Trace } from '../src/model/trace.ts'
import { clockMs } from '../src/serve/driver/clock.ts'
import { startPacer } from '../src/serve/driver/pacer.ts'
import { ask, call, connect } from '../src/serve/grpc/connect.ts'
import { scheduler } from '../src/serve/protocols/scheduler.ts'
import { type Figure, grid, medianAndSpread, type SuiteResult } from './measure.ts'
import { CLI, emulate, folder, route, start, withProcesses } from './serve-processes.ts'

const PEERS = fileURLToPath(new URL('./serve-peers.ts', import.meta.url))
const LOADER = fileURLToPath(new URL('../.config/typescript.mjs', import.meta.url))
const LANES = 8
const WARM_UP_SECONDS = 2
const ROUNDS = 7

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const figures: Figure[] = []
  for (const part of [throughRouter, liveAgainstReplay, faults, overload]) {
    figures.push(...(await withProcesses(() => part(print))))
  }
  return { suite: 'serve', timings: [], figures }
}

async function throughRouter(print: (text: string) => void): Promise<Figure[]> {
  const ports = await start(['--import', LOADER, PEERS, 'backend', String(LANES)], /\n/)
  const backends = ports.said.trim().split(' ')
  const proxy = await start(['--import', LOADER, PEERS, 'proxy', ...backends], /\n/)
  const table = ['instance_type,batch_size,samples,mean_ms,p0_ms,p100_ms', 'any,10,100,1,0.1,100', '']
  await writeFile(join(folder, 'table.csv'), table.join('\n'))
  await writeFile(join(folder, 'mix.csv'), 'batch_size,probability\n10,1\n')
  const workload = { model: 'bare', latency: 'table.csv', mix: 'mix.csv', qosMs: 1000, percentile: 99 }
  await writeFile(join(folder, 'bare.json'), JSON.stringify(workload))
  const servers = backends.map((address) => ({ address, type: 'any' }))
  const router = await route(servers, '-w', 'bare.json', '--log-level', 'error', '--admission', 'all')
  const ways = { direct: backends[0], proxy: proxy.said.trim(), router: router.address }
  const rows: string[][] = [['', 'p50 alone, ms', `queries a second, ${LANES} at once`]]
  const found = Object.entries(ways).map(([name, address]) => {
    return { name, client: connect(address), p50s: [] as number[], rates: [] as number[] }
  })
  for (const { client } of found) await closedLoop(client, LANES, WARM_UP_SECONDS)
  // in turn, round by round, so that other work on the machine affects all of them
  for (let round = 0; round < ROUNDS; round++) {
    for (const { client, p50s, rates } of found) {
      p50s.push(percentileOf((await closedLoop(client, 1, 1)).sort(), 50))
      rates.push((await closedLoop(client, LANES, 1)).length)
    }
  }
  for (const { name, client, p50s, rates } of found) {
    client.close()
    rows.push([name, medianAndSpread(p50s).median.toFixed(3), medianAndSpread(rates).median.toFixed(0)])
  }
  print(`a call that does nothing\n${grid(rows)}`)
  const [direct, bare, ours] = found
  const added = medianAndSpread(ours.p50s.map((p50, i) => p50 - direct.p50s[i]))
  const share = medianAndSpread(ours.rates.map((rate, i) => rate / bare.rates[i]))
  return [
    {
      what: 'router added to a direct call, p50',
      value: added.median,
      spread: added.spread,
      unit: 'ms',
      goal: { atMost: 1 },
    },
    {
      what: 'throughput of the router against a bare proxy',
      value: share.median,
      spread: share.spread,
      unit: 'x',
      goal: { atLeast: 0.7 },
    },
  ]
}

/** Sends requests one after the other on each lane; returns the duration of each, ms. */
async function closedLoop(client: Client, lanes: number, seconds: number): Promise<Float64Array> {
  const taken: number[] = []
  const endMs = performance.now() + 1000 * seconds
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let atMs = performance.now(); atMs < endMs; atMs = performance.now()) {
        await call(client, scheduler.Serve, { batch: 10, qWait: 0 })
        taken.push(performance.now() - atMs)
      }
    }),
  )
  return Float64Array.from(taken)
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

interface Sent {
  readonly atMs: number
  latencyMs: number
  code: status
  answers: number
}

/** Sends a trace, open loop, without retries. */
async function openLoop(
  address: string,
  { arrivalMs, batchSize }: Trace,
  deadlineMs: number,
): Promise<Sent[]> {
  const client = connect(address)
  await call(client, scheduler.Serve, { batch: 10, qWait: 0 })
  const sent: Sent[] = []
  let open = 0
  const startMs = clockMs() + 50
  await new Promise<void>((resolve) => {
    startPacer(arrivalMs, startMs, (due) => {
      while (sent.length < due) {
        const one: Sent = { atMs: arrivalMs[sent.length], latencyMs: 0, code: status.OK, answers: 0 }
        open++
        const request = { batch: Math.ceil(batchSize[sent.length]), qWait: 0 }
        ask(client, scheduler.Serve, request, { timeoutMs: deadlineMs }, (error) => {
          one.answers++
          one.latencyMs = clockMs() - startMs - one.atMs
          one.code = error?.code ?? status.OK
          if (--open === 0 && sent.length === arrivalMs.length) resolve()
        })
        sent.push(one)
      }
    })
  })
  client.close()
  return sent
}

/** The faults of one small machine, each from a time on, seconds. */
const AILMENTS = [
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
  const faulty = await start(['--import', LOADER, PEERS, 'faulty', inner], /\n/)
  const ails = (what: string) => faulty.child.stdin?.write(`${what}\n`)
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
  for (const [seconds, what] of AILMENTS) at(seconds, () => ails(what))
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
    ['5 s behind it', after(21, 27).toFixed(0)],
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
    { what: 'faults: p99 from 5 s behind a hang', value: after(21, 27), unit: 'ms', goal: { atMost: 350 } },
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
  const memory = await readFile(`/proc/${router.child.pid}/status`, 'utf8').then(
    (text) => Number(/VmHWM:\s+(\d+)/.exec(text)?.[1]) / 1024,
    () => Number.NaN,
  )
  const share = (sent: readonly Sent[]) => {
    const answered = sent.filter(({ code }) => code === status.OK)
    const inside = answered.filter(({ latencyMs }) => latencyMs <= workload.qosMs)
    return { answered: answered.length / sent.length, inside: inside.length / answered.length }
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
      what: 'overload: answered from 2 s behind it',
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
