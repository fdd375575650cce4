/** The importer of AIPerf, on small files with made-up figures. */
import { describe, expect, test } from 'vitest'
import { readBroken } from '../../broken.ts'
import { imported, refusal, STATISTICS } from './imported.ts'

// ai-dynamo/aiperf, docs/tutorials/working-with-profile-exports.md
const record = (start: number, ms: number, more: object = {}, error: object | null = null) =>
  JSON.stringify({
    metadata: {
      session_num: 0,
      x_request_id: 'r',
      request_start_ns: start * 1e6,
      request_ack_ns: start * 1e6 + 1,
      request_end_ns: (start + ms) * 1e6,
      benchmark_phase: 'profiling',
      was_cancelled: false,
      ...more,
    },
    metrics: error ? {} : { request_latency: { value: ms, unit: 'ms' } },
    error,
  })

describe('aiperf', () => {
  test('takes measured requests only', async () => {
    const records = [
      record(0, 90, { benchmark_phase: 'warmup' }),
      record(100, 10),
      record(110, 20),
      record(150, 5, {}, { code: 500, type: 'Error', message: 'no' }),
      record(160, 7, { was_cancelled: true }),
      record(200, 30),
    ]
    const { lines, notes } = await imported('aiperf', records.join('\n'), { batchSize: 1 })
    expect(lines[1]).toMatch(/^gpu,1,3,1,20,10,.*,30$/)
    expect(notes[0]).toBe('in: 3 requests of the warm-up, failed or cancelled are left out')
  })

  test('says of one request that it is left out', async () => {
    const records = [record(0, 90, { benchmark_phase: 'warmup' }), record(100, 10)].join('\n')
    const { notes } = await imported('aiperf', records, { batchSize: 1 })
    expect(notes[0]).toBe('in: 1 request of the warm-up, failed or cancelled is left out')
  })

  test('counts requests in flight', async () => {
    const records = [record(0, 10), record(5, 10), record(15, 10)].join('\n')
    expect(await refusal('aiperf', records, { batchSize: 1 })).toMatch(/at concurrency 2, and 1 is asked for/)
    const { notes } = await imported('aiperf', records, { batchSize: 1, concurrency: 2 })
    expect(notes[0]).toMatch(/concurrency 2: latencies include waiting/)
  })

  test('counts failed and cancelled requests as in flight', async () => {
    const failed = record(0, 100, {}, { code: 500, type: 'Error', message: 'no' })
    for (const other of [failed, record(0, 100, { was_cancelled: true })]) {
      const refused = refusal('aiperf', [other, record(10, 80)].join('\n'), { batchSize: 1 })
      expect(await refused).toMatch(/at concurrency 2, and 1 is asked for/)
    }
    const warmup = [record(0, 100, { benchmark_phase: 'warmup' }), record(10, 80)]
    expect((await imported('aiperf', warmup.join('\n'), { batchSize: 1 })).lines[1]).toMatch(/^gpu,1,1,1,80/)
  })

  test('takes statistics with their count', async () => {
    const text = JSON.stringify(
      { schema_version: '1.0', request_latency: { ...STATISTICS, count: 200 } },
      null,
      2,
    )
    const { lines, notes } = await imported('aiperf', text, { batchSize: 1 })
    expect(lines[1]).toBe('gpu,1,200,20,10,15,19,24,30,33,40,41')
    expect(notes).toEqual([expect.stringMatching(/^in: does not say its concurrency/)])
  })

  test.each([
    ['{}', /^in line 1: lacks metrics\.request_latency; is this a file of this format\?$/],
    ['5', /^in line 1: metrics: is 5; expected an object$/],
    ['{"request_latency":5}', /^in line 1: metrics\.request_latency: is 5; expected an object with unit and/],
    ['{"request_latency":{"value":5,"unit":"s"}}', /request_latency\.unit: is "s"; expected "ms"$/],
    ['{"request_latency":{"value":"5","unit":"ms"}}', /value: is "5"; expected a number of milliseconds$/],
  ])('refuses the metrics %s', async (metrics, message) => {
    expect(await refusal('aiperf', `{"metrics":${metrics}}`, { batchSize: 1 })).toMatch(message)
  })

  test.each([
    [{ benchmark_phase: 1 }, 'benchmark_phase: is 1; expected a text'],
    [{ request_start_ns: '100000000' }, 'request_start_ns: is "100000000"; expected a number of nanoseconds'],
    [{ request_end_ns: '110000000' }, 'request_end_ns: is "110000000"; expected a number of nanoseconds'],
    [{ was_cancelled: 'true' }, 'was_cancelled: is "true"; expected true or false'],
  ])('refuses the metadata %j', async (more, message) => {
    const records = [record(100, 10), record(200, 10, more)].join('\n')
    expect(await refusal('aiperf', records, { batchSize: 1 })).toBe(`in line 2: metadata.${message}`)
  })

  test('takes null in the metadata for what is not said', async () => {
    const more = { benchmark_phase: null, request_start_ns: null, was_cancelled: null }
    const { lines, notes } = await imported('aiperf', record(100, 10, more), { batchSize: 1 })
    expect(lines[1]).toMatch(/^gpu,1,1,10,/)
    expect(notes[0]).toMatch(/^in: does not say its concurrency/)
  })

  test.each([
    [{ loadgen: { concurrency: '4' } }, {}, 'input_config.loadgen.concurrency: is "4"; expected a number'],
    [{ request_rate: '10' }, {}, 'input_config.request_rate: is "10"; expected a number'],
    [{}, { count: '200' }, 'request_latency.count: is "200"; expected a number of requests'],
  ])('refuses statistics with a text in place of a number: %j %j', async (input_config, more, message) => {
    const text = JSON.stringify({ request_latency: { ...STATISTICS, ...more }, input_config })
    for (const format of ['aiperf', 'genai-perf'] as const) {
      expect(await refusal(format, text, { batchSize: 1 })).toBe(`in: ${message}`)
    }
  })

  test('refuses a file that is too long for statistics, whose lines are not requests', async () => {
    const line = `"${'x'.repeat(1 << 20)}",\n`
    expect(await refusal('aiperf', `{\n${line.repeat(16)}`, { batchSize: 1 })).toMatch(
      /metrics in its first line/,
    )
    expect(await refusal('aiperf', `{\n${line}`, { batchSize: 1 })).not.toMatch(/metrics in its first line/)
  })
})

test.each([
  ['requests', [record(0, 9), record(100, 9), record(200, 9)].join('\n')],
  ['statistics', JSON.stringify({ request_latency: { ...STATISTICS, count: 200 } })],
])('a file of %s is taken or refused, however it is broken', async (_what, content) => {
  await readBroken(content, 'in', (text) => imported('aiperf', text, { batchSize: 8 }))
})
