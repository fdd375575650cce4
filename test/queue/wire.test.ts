import { expect, test } from 'vitest'
import { pack } from '../../src/queue/pack.ts'
import { packTrace } from '../../src/queue/trace-content.ts'
import { jobDecoder, jobEncoder } from '../../src/queue/wire.ts'
import type { ReplayJob } from '../../src/replay/jobs.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const workload = smallWorkload()
const trace = () => ({ arrivalMs: Float64Array.of(0, 5), batchSize: Float64Array.of(1, 10) })
const job = (more: object = {}) =>
  ({
    ...{ kind: 'replay', workload, types: ['fast', 'slow'], counts: [1, 1], service: 'mean' },
    ...{ policy: 'fcfs', seed: 1, load: trace(), ...more },
  }) as ReplayJob

/** The ids of jobs of an engine. */
async function idsOf(engine: string, ...jobs: ReplayJob[]) {
  const encoder = jobEncoder(engine, async (make) => String((await make()).length))
  return (await encoder.encode(jobs)).map(({ id }) => id)
}

test('jobs that would return the same have one id, and no others', async () => {
  const [own, kernel, again, stored] = await idsOf(
    'engine',
    job(),
    job({ kernel: 'wasm' }),
    job({ load: trace() }),
    job({ stored: { file: 'a.csv', sha256: '0f', bytes: 9 } }),
  )
  expect([kernel, again]).toEqual([own, own])
  // the trace decides, not the way it travels
  expect(stored).toBe(own)
  const later = { ...trace(), arrivalMs: Float64Array.of(0, 6) }
  const others = [
    { kernel: 'fallback' },
    { load: later },
    { seed: 2 },
    { counts: [2, 1] },
    { policy: 'priced' },
  ]
  const ids = await idsOf('engine', ...others.map(job))
  const [ofAnother] = await idsOf('another engine', job())
  expect(new Set([own, ...ids, ofAnother]).size).toBe(7)
})

test('content that could not be loaded is loaded again for the next job', async () => {
  const contents = new Map([
    ['w', Buffer.from(pack(workload))],
    ['t', await packTrace(trace())],
  ])
  const asked: string[] = []
  let isDown = true
  const decode = jobDecoder(
    async (hash) => {
      asked.push(hash)
      if (isDown && hash === 't') throw new Error('no answer')
      return contents.get(hash)!
    },
    async () => trace(),
  )
  const data = { ...job(), workload: 'w', policy: 'fcfs', load: 't' } as never
  await expect(decode(data)).rejects.toThrow('no answer')
  isDown = false
  expect(await decode(data)).toMatchObject({ workload, load: trace() })
  await decode(data)
  expect(asked).toEqual(['w', 't', 't'])
})

test('a workload that is none is refused', async () => {
  const decode = jobDecoder(
    async () => Buffer.from(pack({ ...workload, qosMs: -1 })),
    async () => trace(),
  )
  await expect(decode({ ...job(), workload: 'w' } as never)).rejects.toThrow(/qosMs: is -1/)
})

test('stored traces are kept by their size in memory, however small their files are', async () => {
  const found: string[] = []
  let byteLength = 2 ** 28
  const decode = jobDecoder(
    async () => Buffer.from(pack(workload)),
    async ({ file }) => {
      found.push(file)
      return { arrivalMs: { byteLength }, batchSize: { byteLength } } as never
    },
  )
  const read = (file: string) =>
    decode({ ...job(), workload: 'w', load: { file, sha256: '0f', bytes: 9 } } as never)
  for (const file of ['a', 'b', 'a']) await read(file)
  byteLength++
  for (const file of ['c', 'd', 'c']) await read(file)
  // jobs that wait for the same trace load it once
  byteLength = 8
  await Promise.all([read('e'), read('e')])
  await read('e')
  expect(found).toEqual(['a', 'b', 'c', 'd', 'c', 'e'])
})

test('sets that are encoded at the same moment store their content once, and refused ones none', async () => {
  let made = 0
  const encoder = jobEncoder('engine', async (make) => {
    made++
    return String((await make()).length)
  })
  const load = trace()
  const { encode } = encoder
  await Promise.all([encode([job({ load })]), encode([job({ load, seed: 2 })])])
  expect(made).toBe(2)
  const policy = { name: 'mine', prepare: () => () => ({ kind: 'fcfs' }) }
  await expect(encode([job({ policy })])).rejects.toMatchObject({ code: 'BAD_USAGE' })
  expect(made).toBe(2)
})

test('a trace on shared storage does not travel, other traces do once', async () => {
  const made: number[] = []
  const encoder = jobEncoder('engine', async (make) => {
    made.push((await make()).length)
    return 'hash'
  })
  const stored = { file: 'a.csv', sha256: '0f', bytes: 9 }
  const load = trace()
  const [{ data }] = await encoder.encode([job({ load, stored })])
  expect(data.load).toEqual(stored)
  expect(made).toHaveLength(1)
  await encoder.encode([job({ load }), job({ load, seed: 2 })])
  // the workload is made again for the hash of the server; the trace is new
  expect(made).toHaveLength(3)
})

test('queries that are generated travel as they are described', async () => {
  let made = 0
  const encoder = jobEncoder('engine', async () => {
    made++
    return 'hash'
  })
  const load = { arrivals: 'poisson', rate: 5, queries: 100 }
  const [{ data, id }] = await encoder.encode([job({ load })])
  expect(data.load).toEqual(load)
  // the workload alone
  expect(made).toBe(1)
  const [faster] = await encoder.encode([job({ load: { ...load, rate: 6 } })])
  expect(faster.id).not.toBe(id)
  const decode = jobDecoder(
    async () => Buffer.from(pack(workload)),
    async () => trace(),
  )
  expect(await decode(data)).toMatchObject({ workload, load })
})
