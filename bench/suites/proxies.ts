/**
 * The router beside nginx and HAProxy in one run: what it adds to a call, what a request costs, and the share inside
 * QoS on a heterogeneous fleet, which is what it exists for.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { fluidBound } from '../../src/bound/fluid.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { percentileOf } from '../../src/model/results/latencies.ts'
import { generateTrace } from '../../src/model/trace/generate-trace.ts'
import type { Trace } from '../../src/model/trace/trace.ts'
import type { Workload } from '../../src/model/workload/workload.ts'
import { replay } from '../../src/replay/replay.ts'
import { type Channel, openChannel } from '../../src/serve/grpc/client/channel.ts'
import { scheduler } from '../../src/serve/protocols/scheduler.ts'
import { countAnswers, openLoop } from '../live/open-loop.ts'
import { cpuMs, emulate, folder, route, startPeer, withProcesses } from '../live/processes.ts'
import { installedProxies, startHaproxy, startNginx } from '../live/proxies.ts'
import { type Figure, grid, medianAndSpread, type SuiteResult } from '../measure.ts'

const SERVERS = 11
const LANES = 11
const ROUNDS = 5
/** Until the code of a router is compiled. */
const WARM_UP_SECONDS = 4

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const figures: Figure[] = []
  for (const part of [cost, heterogeneous]) figures.push(...(await withProcesses(() => part(print))))
  return { suite: 'proxies', timings: [], figures }
}

interface Way {
  readonly name: string
  readonly channel: Channel
  readonly pid: number | undefined
  readonly p50s: number[]
  readonly p99s: number[]
  readonly rates: number[]
  readonly cpuUs: number[]
}

async function cost(print: (text: string) => void): Promise<Figure[]> {
  const installed = installedProxies(print)
  const backends = await startPeer('peers.ts', 'backend', String(SERVERS))
  const servers = backends.said.trim().split(' ')
  const peer = async (mode: string) => {
    const { said, child } = await startPeer('peers.ts', mode, ...servers)
    return {
      name: mode === 'proxy' ? 'bare proxy of the same library' : 'bare proxy of grpc-js',
      address: said.trim(),
      pid: child.pid,
    }
  }
  const ways: Way[] = []
  const add = ({ name, address, pid }: { name: string; address: string; pid?: number | undefined }) => {
    const channel = openChannel(address, { maxMessageBytes: 2 ** 20 })
    ways.push({ name, channel, pid, p50s: [], p99s: [], rates: [], cpuUs: [] })
  }
  add({ name: 'direct', address: servers[0] })
  add(await peer('proxy'))
  add({ name: 'router', ...(await bareRouter(servers)) })
  add(await peer('grpc-js-proxy'))
  if (installed.has('nginx')) add(await startNginx(servers, 'least connections'))
  if (installed.has('haproxy')) add(await startHaproxy(servers, 'least connections'))
  for (const { channel } of ways) await closedLoop(channel, LANES, WARM_UP_SECONDS)
  // in turn, round by round, so that other work on the machine affects all of them
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of ways) {
      const alone = (await closedLoop(way.channel, 1, 0.7)).sort()
      way.p50s.push(percentileOf(alone, 50))
      way.p99s.push(percentileOf(alone, 99))
      const before = way.pid === undefined ? 0 : await cpuMs(way.pid)
      const { length } = await closedLoop(way.channel, LANES, 1)
      way.rates.push(length)
      if (way.pid !== undefined) way.cpuUs.push((1000 * ((await cpuMs(way.pid)) - before)) / length)
    }
  }
  const median = (samples: readonly number[], digits: number) =>
    samples.length === 0 ? '' : medianAndSpread(samples).median.toFixed(digits)
  const rows = [
    ['', 'p50 alone, ms', 'p99 alone, ms', `requests a second, ${LANES} at once`, 'processor, µs a request'],
  ]
  for (const { name, channel, p50s, p99s, rates, cpuUs } of ways) {
    channel.close()
    rows.push([name, median(p50s, 3), median(p99s, 3), median(rates, 0), median(cpuUs, 0)])
  }
  print(`a call that does nothing, ${SERVERS} servers\n${grid(rows)}`)
  const [, bare, router, stack] = ways
  const added = medianAndSpread(router.p50s.map((p50, i) => p50 - bare.p50s[i]))
  const share = medianAndSpread(router.cpuUs.map((us, i) => us / stack.cpuUs[i]))
  return [
    {
      what: 'router added to a bare proxy, p50',
      value: added.median,
      spread: added.spread,
      unit: 'ms',
      goal: { atMost: 0.3 },
    },
    {
      what: 'processor of the router against a bare proxy of grpc-js',
      value: share.median,
      spread: share.spread,
      unit: 'x',
    },
  ]
}

/** A router in front of servers whose calls do nothing. */
async function bareRouter(addresses: readonly string[]) {
  const table = ['instance_type,batch_size,samples,mean_ms,p0_ms,p100_ms', 'any,10,100,1,0.1,100', '']
  await writeFile(join(folder, 'table.csv'), table.join('\n'))
  await writeFile(join(folder, 'mix.csv'), 'batch_size,probability\n10,1\n')
  const workload = { model: 'bare', latency: 'table.csv', mix: 'mix.csv', qosMs: 1000, percentile: 99 }
  await writeFile(join(folder, 'bare.json'), JSON.stringify(workload))
  const servers = addresses.map((address) => ({ address, type: 'any' }))
  const { address, child } = await route(
    servers,
    '-w',
    'bare.json',
    '--log-level',
    'error',
    '--admission',
    'all',
  )
  return { address, pid: child.pid }
}

const REQUEST = scheduler.Serve.requestSerialize({ batch: 10, qWait: 0 })

/** Sends requests one after the other on each lane; returns the duration of each, ms. */
async function closedLoop(channel: Channel, lanes: number, seconds: number): Promise<Float64Array> {
  const taken: number[] = []
  const endMs = performance.now() + 1000 * seconds
  const once = () =>
    new Promise<void>((resolve, reject) => {
      const request = { path: scheduler.Serve.path, message: REQUEST, timeoutMs: 10_000 }
      channel.call(request, (result) =>
        result.kind === 'response' ? resolve() : reject(new Error(result.details)),
      )
    })
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let atMs = performance.now(); atMs < endMs; atMs = performance.now()) {
        await once()
        taken.push(performance.now() - atMs)
      }
    }),
  )
  return Float64Array.from(taken)
}

const LOAD = 0.9
const SECONDS = 20

/**
 * One fast and four slow servers, of which only the fast one serves the largest requests in time. The priced policy
 * allows 95% of the bound in a replay.
 */
const MIXED_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256]
const MIXED_SHARES = [0.1, 0.1, 0.12, 0.14, 0.16, 0.14, 0.12, 0.08, 0.04]
const MIXED_MS = { fast: (size: number) => 9 + 0.27 * size, slow: (size: number) => 34 + 1.7 * size }

async function writeMixed(): Promise<string> {
  const rows = Object.entries(MIXED_MS).flatMap(([type, ms]) =>
    MIXED_SIZES.map((size) =>
      [type, size, ...[1, 0.8, 0.99, 1.2, 1.3].map((factor) => (factor * ms(size)).toFixed(2))].join(','),
    ),
  )
  const table = ['instance_type,batch_size,mean_ms,p0_ms,p50_ms,p99_ms,p100_ms', ...rows, '']
  const shares = MIXED_SIZES.map((size, i) => `${size},${MIXED_SHARES[i]}`)
  await writeFile(join(folder, 'mixed.csv'), table.join('\n'))
  await writeFile(join(folder, 'mixed-mix.csv'), ['batch_size,probability', ...shares, ''].join('\n'))
  const workload = { model: 'mixed', latency: 'mixed.csv', mix: 'mixed-mix.csv', qosMs: 350, percentile: 99 }
  const path = join(folder, 'mixed.json')
  await writeFile(path, JSON.stringify(workload))
  return path
}

async function heterogeneous(print: (text: string) => void): Promise<Figure[]> {
  const mixed = await compareOn(print, await writeMixed(), { fast: 1, slow: 4 }, true)
  // allows 85% of its bound in a replay: what the router loses against that is the figure here
  const rm2 = await compareOn(print, 'rm2', { 'g4dn.xlarge': 1, 'r5n.large': 4 }, false)
  return [
    {
      what: 'inside QoS on 1 fast and 4 slow servers at 0.9 of the bound',
      value: 100 * mixed.ours,
      unit: '%',
      goal: { atLeast: 99.5 },
    },
    {
      what: 'lost there against a replay of the same trace',
      value: 100 * (mixed.replayed - mixed.ours),
      unit: 'points',
    },
    {
      what: 'lost by rm2 on 1 g4dn.xlarge and 4 r5n.large against a replay of the same trace',
      value: 100 * (rm2.replayed - rm2.ours),
      unit: 'points',
    },
  ]
}

/** The shares inside QoS of the router and of the proxies that are installed, and that of a replay. */
async function compareOn(
  print: (text: string) => void,
  name: string,
  counts: Readonly<Record<string, number>>,
  withProxies: boolean,
) {
  const workload = await readWorkload(name)
  const types = Object.keys(counts)
  const rate = LOAD * fluidBound(workload, types, Object.values(counts))
  const asked = ['-w', name]
  const given = Object.entries(counts)
    .map(([type, count]) => `${type}=${count}`)
    .join(',')
  const { servers } = await emulate(workload.model, given, ...asked)
  const addresses = servers.map(({ address }) => address)
  const trace = generateTrace({
    arrivals: 'poisson',
    rate,
    queries: Math.round(rate * SECONDS),
    seed: 5,
    mix: workload.mix,
  })
  const { violations } = replay({ workload, types, counts: Object.values(counts), trace, policy: 'priced' })
  const replayed = 1 - violations / trace.arrivalMs.length
  const rows = [
    ['', 'inside QoS, of all that was sent', 'p99 ms'],
    ['replay', `${(100 * replayed).toFixed(2)}%`, ''],
  ]
  const share = async (way: string, address: string) => {
    const inside = await shareInside(address, workload, trace)
    rows.push([way, `${(100 * inside.share).toFixed(2)}%`, inside.p99Ms.toFixed(0)])
    return inside.share
  }
  const { address } = await route(servers, ...asked, '--log-level', 'error')
  const ours = await share('router', address)
  const installed = withProxies ? installedProxies(() => undefined) : new Set<string>()
  if (installed.has('nginx')) {
    for (const balancing of ['round robin', 'least connections'] as const) {
      const nginx = await startNginx(addresses, balancing)
      await share(nginx.name, nginx.address)
    }
  }
  if (installed.has('haproxy')) {
    for (const balancing of ['round robin', 'least connections', 'one connection a server'] as const) {
      const haproxy = await startHaproxy(addresses, balancing)
      await share(haproxy.name, haproxy.address)
    }
  }
  print(
    `${workload.model} on ${given}, ${rate.toFixed(1)}/s: ${LOAD} of the bound, ${SECONDS} s each\n${grid(rows)}`,
  )
  return { ours, replayed }
}

async function shareInside(address: string, { qosMs }: Workload, trace: Trace) {
  const sent = await openLoop(address, trace, 10_000)
  const latencies = Float64Array.from(sent, ({ code, latencyMs }) =>
    code === status.OK ? latencyMs : 10_000,
  ).sort()
  return { share: countAnswers(sent, qosMs).inTime / sent.length, p99Ms: percentileOf(latencies, 99) }
}
