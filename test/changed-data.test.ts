import { expect, test } from 'vitest'
import * as api from '../src/index.ts'
import { expectMisuse } from './expect-misuse.ts'
import { scratchFolder } from './files/scratch.ts'
import { smallWorkload } from './fixtures/small-workload.ts'

/** What takes the place of a field, or of a whole argument. */
const WRONG: readonly unknown[] = [
  ...[null, 'a text', Number.NaN, -1, 1n, Symbol('a'), Object.create(null), new Array(1), {}, new Date(0)],
  ...[Float32Array.of(1), new Float64Array(9)],
]

const workload = { ...smallWorkload(), batching: { maxBatch: 100 } }
const trace = { arrivalMs: Float64Array.of(0, 10, 20), batchSize: Float64Array.of(1, 10, 100) }
const types = [{ name: 'fast', min: 0, max: 2, pricePerHour: 1 }]
const space = { types, budgetPerHour: 2 }

const replay = api.replay({ workload, types: ['fast'], counts: [1], trace })
const question = api.rankingQuestion({ workload, space, topN: 2 })
const part = await api.rankShard(question, { index: 0, count: 1 })
const request = { workload, space, rateQps: [1, 2], windowS: 60, startFee: { fast: 1 } }
const plan = api.planFleet(request)
const server = { address: 'a:1', type: 'fast', slots: 2 }
const auxiliary = { cutoff: 10, smallShare: 0.5, timeShare: 0.2, rates: new Map([[10, 4]]) }

type Change = (wrong: never) => unknown

type Row = readonly [name: string, field: string, call: Change]
const row = (name: string, field: string, call: Change): Row => [name, field, call]

/** The fields of a replay that its figures are computed from, and those of a part of a ranking. */
const REPLAY = [
  ...(['arrivalMs', 'batchSize', 'startMs', 'latencyMs', 'instance', 'instanceType', 'busyMs'] as const),
  ...(['types', 'percentile', 'lastFinishMs', 'violations', 'decisions'] as const),
]
const PART = ['question', 'shard', 'withinBudget', 'feasible', 'bound', 'cost', 'number'] as const

/** Calls with one value that the test puts in, each with the name of its function. */
const CALLS: readonly Row[] = [
  ...REPLAY.map((field) => row('metricsOf', field, (wrong) => api.metricsOf({ ...replay, [field]: wrong }))),
  ...PART.flatMap((field) => [
    row('mergeParts', field, (wrong) => api.mergeParts(question, [{ ...part, [field]: wrong }])),
    row('writePart', field, (wrong) => api.writePart(unused(), question, { ...part, [field]: wrong })),
  ]),
  ['metricsOf', 'replay', (wrong) => api.metricsOf(wrong)],
  ['mergeParts', 'count', (count) => api.mergeParts(question, [{ ...part, shard: { index: 0, count } }])],
  ['writePart', 'part', (wrong) => api.writePart(unused(), question, wrong)],
  ['writePart', 'a whole question', (wrong) => api.writePart(unused(), wrong, part)],
  ['writePart', 'workload', (wrong) => api.writePart(unused(), { ...question, workload: wrong }, part)],
  ['writePart', 'space', (wrong) => api.writePart(unused(), { ...question, space: wrong }, part)],
  ['scheduleOf', 'windows', (windows) => api.scheduleOf(request, { ...plan, windows } as never)],
  ['scheduleOf', 'a window', (wrong) => api.scheduleOf(request, { ...plan, windows: [wrong] } as never)],
  ['scheduleOf', 'windowS', (windowS) => api.scheduleOf({ ...request, windowS }, plan as never)],
  ['writeFleet', 'servers', (wrong) => api.writeFleet(unused(), wrong)],
  ['writeFleet', 'a server', (wrong) => api.writeFleet(unused(), [server, wrong])],
  ['writeFleet', 'address', (address) => api.writeFleet(unused(), [{ ...server, address }])],
  ['writeFleet', 'slots', (slots) => api.writeFleet(unused(), [{ ...server, slots }])],
  ['writeServiceAddresses', 'addresses', (wrong) => api.writeServiceAddresses(unused(), wrong)],
  ['writeServiceAddresses', 'an address', (wrong) => api.writeServiceAddresses(unused(), ['a:1', wrong])],
  ['writeCounts', 'counts', (wrong) => api.writeCounts(unused(), wrong)],
  ['writeCounts', 'a count', (wrong) => api.writeCounts(unused(), new Map([['a', wrong]]))],
  ['writeProfile', 'profiles', (wrong) => api.writeProfile(unused(), wrong)],
  ['writeProfile', 'a profile', (wrong) => api.writeProfile(unused(), new Map([['m', wrong]]))],
  ['writeProfile', 'a type', (wrong) => writeType(wrong)],
  ['writeProfile', 'qps', (qps) => writeType({ qps })],
  ['writeProfile', 'auxiliary', (wrong) => writeType({ qps: 1, auxiliary: wrong })],
  ['writeProfile', 'rates', (rates) => writeType({ qps: 1, auxiliary: { ...auxiliary, rates } })],
  ['writeLatencyTable', 'table', (wrong) => api.writeLatencyTable(unused(), wrong)],
  ['writeLatencyTable', 'samples', (samples) => writeTable({ samples })],
  ['writeLatencyTable', 'concurrency', (concurrency) => writeTable({ concurrency })],
  ['writeMix', 'mix', (wrong) => api.writeMix(unused(), wrong)],
  ['writeSchedules', 'startMs', (wrong) => writeSchedule({ startMs: wrong })],
  ['writeSchedules', 'batch', (wrong) => writeSchedule({ batch: wrong })],
  ['readParts', 'folder', (wrong) => api.readParts(wrong).next()],
]

const unused = () => scratchFolder().path('unused')

function writeType(type: unknown): Promise<void> {
  return api.writeProfile(unused(), new Map([['m', new Map([['slow', type]])]]) as never)
}

function writeTable(changed: object): Promise<void> {
  return api.writeLatencyTable(unused(), { ...workload.latency, ...changed })
}

function writeSchedule(changed: object): Promise<void> {
  return api.writeSchedules(new Map([[unused(), { ...replay, ...changed }]]))
}

test.each(CALLS)('%s refuses wrong data in the place of %s', async (_name, field, call) => {
  for (const wrong of WRONG) {
    // the text is a digest, and the path of a folder
    const isFine = typeof wrong === 'string' && ['question', 'folder'].includes(field)
    if (!isFine) await expectMisuse(() => call(wrong as never))
  }
})

test('BigInts that no check of a ranking reads are refused where its question is hashed', async () => {
  const odd = { ...question, workload: { ...workload, odd: 1n } }
  const { code, message } = await expectMisuse(() => api.rankShard(odd, { index: 0, count: 1 }))
  expect([code, message]).toEqual(['BAD_MODEL', 'odd: is the BigInt 1; a number is expected'])
})

test('the servers of an emulator are written without the fields that a fleet file does not have', async () => {
  const path = unused()
  await api.writeFleet(path, [{ ...server, served: 0, batches: 0, stop: () => undefined } as typeof server])
  expect(await api.readFleet(path)).toEqual([server])
})

test.each<[string, () => unknown]>([
  ['latency.types[1]: "fast" is listed twice', () => writeTable({ types: ['fast', 'fast'] })],
  ['latency.types[1]: is ""', () => writeTable({ types: ['fast', ''] })],
  ['latency.concurrency[0]: is 1.5', () => writeTable({ concurrency: Float64Array.of(1.5, 1) })],
  ['latency.samples[0]: is 0.5', () => writeTable({ samples: new Float64Array(6).fill(0.5) })],
  ['servers[1].address: a:1 is listed twice', () => api.writeFleet(unused(), [server, server])],
  ['[1]: a:1 is listed twice', () => api.writeServiceAddresses(unused(), ['a:1', 'a:1'])],
])('what readers refuse is not written: %s', async (problem, write) => {
  expect((await expectMisuse(write)).message).toContain(`${problem}; `)
})
