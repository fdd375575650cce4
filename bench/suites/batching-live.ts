/**
 * Joined requests in front of a server with real tensors and a fixed cost per call, beside a router that sends requests
 * one at a time: at the same rate, how many are answered in time, and whether answers are those of direct calls.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomStream } from '../../src/model/random.ts'
import { type InferRequest, inference } from '../../src/serve/protocols/inference.ts'
import { call, connect } from '../../test/serve/grpc-js-client.ts'
import { raw } from '../../test/serve/raw-method.ts'
import { countAnswers, openLoop } from '../live/open-loop.ts'
import { folder, route, startPeer, withProcesses } from '../live/processes.ts'
import { type Figure, grid, type SuiteResult } from '../measure.ts'

/** Service time of a call, ms, and of each item in it. */
const CALL_MS = 20
const ITEM_MS = 0.1
const QOS_MS = 150

/** A request has 1 to 8 items; one at a time the server takes 49 a second. */
const ITEMS = 8
const WIDTH = 64
const RATE = 100
const SECONDS = 10

/** Different requests, whose answers are compared with those of direct calls. */
const REQUESTS = 64

const infer = raw(inference.ModelInfer)

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const figures = await withProcesses(() => compare(print))
  return { suite: 'batching-live', timings: [], figures }
}

async function compare(print: (text: string) => void): Promise<Figure[]> {
  await writeWorkload()
  const { said } = await startPeer('batching-peer.ts', String(CALL_MS), String(ITEM_MS))
  const address = said.trim()
  const requests = drawRequests()
  const server = connect(address)
  const direct: Buffer[] = []
  for (const request of requests) direct.push(await call(server, infer, request))
  server.close()
  const measureWith = async (...flags: string[]) => {
    const router = await route(
      [{ address, type: 'node' }],
      '-w',
      'workload.json',
      '--log-level',
      'error',
      ...flags,
    )
    const measured = await measure(router.address, requests, direct)
    router.child.kill('SIGTERM')
    return measured
  }
  const alone = await measureWith('--no-batching')
  const merged = await measureWith('--max-batch', '64', '--send-batches', 'merge')
  const gain = merged.throughput / alone.throughput
  const line = (name: string, { answered, throughput, inside, different }: Measured) => [
    name,
    ...[answered, throughput.toFixed(1), `${(100 * inside).toFixed(2)}%`, different].map(String),
  ]
  print(
    `a server that takes ${CALL_MS} ms a call and ${ITEM_MS} ms an item, ${RATE} requests a second of 1 to ${ITEMS} items, ` +
      `target ${QOS_MS} ms\n${grid([
        ['', 'answered', 'a second, in time', 'of the answered in time', 'not as direct'],
        line('one at a time', alone),
        line('--send-batches merge', merged),
      ])}`,
  )
  return [
    { what: 'live merge: throughput in time over none', value: gain, unit: 'x', goal: { atLeast: 1.5 } },
    { what: 'live merge: answered in time', value: 100 * merged.inside, unit: '%', goal: { atLeast: 99 } },
    { what: 'one at a time: answered in time', value: 100 * alone.inside, unit: '%' },
    {
      what: 'live merge: answers that differ from direct calls',
      value: merged.different,
      unit: '',
      goal: { atMost: 0 },
    },
  ]
}

async function writeWorkload(): Promise<void> {
  const sizes = [1, 2, 4, 8, 16, 32, 64]
  const rows = sizes.map((size) => {
    const ms = (CALL_MS + ITEM_MS * size).toFixed(1)
    return `node,${size},100,${ms},${ms},${ms},${(Number(ms) + 1).toFixed(1)}`
  })
  await writeFile(
    join(folder, 'latency.csv'),
    `${['instance_type,batch_size,samples,mean_ms,p0_ms,p50_ms,p100_ms', ...rows].join('\n')}\n`,
  )
  const mix = sizes
    .filter((size) => size <= ITEMS)
    .map((size, i) => `${size},${[0.125, 0.125, 0.25, 0.5][i]}`)
  await writeFile(join(folder, 'mix.csv'), `${['batch_size,probability', ...mix].join('\n')}\n`)
  const workload = { model: 'plus', latency: 'latency.csv', mix: 'mix.csv', qosMs: QOS_MS, percentile: 99 }
  await writeFile(join(folder, 'workload.json'), JSON.stringify(workload))
}

function drawRequests(): Buffer[] {
  const uniform = randomStream(1, 0)
  return Array.from({ length: REQUESTS }, (_, id) => {
    const items = 1 + Math.floor(ITEMS * uniform())
    const request: InferRequest = {
      ...{ modelName: 'plus', id: String(id) },
      inputs: [{ name: 'x', datatype: 'FP32', shape: [items, WIDTH] }],
      rawInputContents: [Buffer.from(Float32Array.from({ length: items * WIDTH }, uniform).buffer)],
    }
    return inference.ModelInfer.requestSerialize(request)
  })
}

interface Measured {
  readonly answered: number
  /** Answers in time, a second. */
  readonly throughput: number
  /** The share of the answers that are in time. */
  readonly inside: number
  /** Answers that differ from those of direct calls in any byte. */
  readonly different: number
}

/** Sends the requests in turn, as a Poisson process. */
async function measure(
  address: string,
  requests: readonly Buffer[],
  direct: readonly Buffer[],
): Promise<Measured> {
  const uniform = randomStream(2, 0)
  let atMs = 0
  const arrivalMs = Float64Array.from({ length: RATE * SECONDS }, () => {
    atMs -= (1000 / RATE) * Math.log(1 - uniform())
    return atMs
  })
  let different = 0
  const sent = await openLoop(address, { arrivalMs, batchSize: new Float64Array(arrivalMs.length) }, 10_000, {
    method: infer,
    request: (_batch, query) => requests[query % requests.length],
    answered(query, answer) {
      if (!answer.equals(direct[query % direct.length])) different++
    },
  })
  const { answered, inTime } = countAnswers(sent, QOS_MS)
  const seconds = arrivalMs[arrivalMs.length - 1] / 1000
  return { answered, throughput: inTime / seconds, inside: inTime / answered, different }
}
