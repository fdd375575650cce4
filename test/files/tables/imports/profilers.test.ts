/**
 * Each importer on a small file with the columns of its format. The sources of the columns stand in the header of each
 * importer; figures are made up.
 */
import { describe, expect, test } from 'vitest'
import { readLatencies as readGenaiPerf } from '../../../../src/files/tables/imports/genai-perf.ts'
import { importLatencies } from '../../../../src/files/tables/imports/import-latencies.ts'
import { readBroken } from '../../broken.ts'
import { scratchFolder } from '../../scratch.ts'
import { imported, PERF, refusal, STATISTICS } from './imported.ts'

describe('perf-analyzer', () => {
  test('takes the row of one request at a time, and its mean from the parts', async () => {
    expect(await imported('perf-analyzer', PERF.join('\n'), { batchSize: 8 })).toEqual({
      lines: [
        'instance_type,batch_size,concurrency,mean_ms,p50_ms,p90_ms,p95_ms,p99_ms',
        'gpu,8,1,14.443,13.891,18.795,19.753,21.018',
      ],
      notes: [],
    })
  })

  test('ends before the tables of composing models', async () => {
    const ensemble = [...PERF, '', 'Model: encoder, 1', 'Concurrency,Client Send', '1,2', ''].join('\n')
    const { lines } = await imported('perf-analyzer', ensemble, { batchSize: 8 })
    expect(lines.slice(1)).toEqual(['gpu,8,1,14.443,13.891,18.795,19.753,21.018'])
  })

  test('takes the mean of --verbose-csv', async () => {
    const verbose = [
      `${PERF[0]},Avg latency,request/response,response wait`,
      `${PERF[1]},14443,225,14218`,
    ].join('\n')
    const { lines } = await imported('perf-analyzer', verbose, { batchSize: 8 })
    expect(lines[1]).toMatch(/^gpu,8,1,14\.443,/)
  })

  test('says what another concurrency means', async () => {
    const { lines, notes } = await imported('perf-analyzer', PERF.join('\n'), {
      batchSize: 8,
      concurrency: 4,
    })
    expect(lines[1]).toMatch(/^gpu,8,4,47\.535,/)
    expect(notes).toEqual([
      'in: measured at concurrency 4: latencies include waiting for other requests, unless the server has as many slots',
    ])
  })

  test.each([
    ['no batch size', PERF.join('\n'), {}, /does not say the batch size; add --batch-size N, or write /],
    [
      'no such concurrency',
      PERF.join('\n'),
      { batchSize: 8, concurrency: 2 },
      /at concurrency 1, 4, and 2 is asked/,
    ],
    [
      'a concurrency that is no number',
      PERF.join('\n').replace('\n1,', '\nmany,'),
      { batchSize: 8 },
      /line 2: Concurrency: is "many"; expected a whole number of requests$/,
    ],
    [
      'a request rate',
      PERF.join('\n').replace('Concurrency', 'Request Rate'),
      { batchSize: 8 },
      /request rate, so that latencies include waiting; run perf_analyzer with --concurrency-range 1/,
    ],
    [
      'no mean',
      'Concurrency,Inferences/Second,Client Send,Client Recv,p50 latency,p99 latency\n1,70,200,0,13000,21000',
      { batchSize: 8 },
      /has no mean latency; run perf_analyzer with --verbose-csv/,
    ],
    [
      'a concurrency twice',
      [...PERF, PERF[1]].join('\n'),
      { batchSize: 8 },
      /at concurrency 1 more than once; leave one measurement of each concurrency in the file/,
    ],
    ['another file', 'a,b\n1,2', { batchSize: 8 }, /Concurrency: the column is missing/],
  ] as const)('refuses %s', async (_what, content, given, message) => {
    expect(await refusal('perf-analyzer', content, given)).toMatch(message)
  })
})

// triton-inference-server/perf_analyzer, src/profile_data_exporter.cc
const requests = (latencies: readonly number[]) =>
  latencies.map((ms, i) => ({
    timestamp: 1e9 * i,
    request_inputs: { payload: '{}' },
    response_timestamps: [1e9 * i + 1e6, 1e9 * i + 1e6 * ms],
    response_outputs: [{ response: 'a' }, { response: 'b' }],
  }))
const experiments = (mode: string, value: number, latencies: readonly number[]) =>
  JSON.stringify({
    service_kind: 'openai',
    endpoint: 'v1/chat/completions',
    experiments: [{ experiment: { mode, value }, requests: requests(latencies), window_boundaries: [] }],
    version: '0.0.1',
  })
describe('genai-perf', () => {
  test('takes requests up to their last response', async () => {
    const { lines, notes } = await imported('genai-perf', experiments('concurrency', 1, [10, 30, 20]), {
      batchSize: 1,
    })
    expect(lines[0]).toMatch(
      /^instance_type,batch_size,samples,concurrency,mean_ms,p0_ms,p1_ms,.*,p99_ms,p100_ms$/,
    )
    expect(lines[1]).toMatch(/^gpu,1,3,1,20,10,.*,20,.*,30$/)
    expect(notes).toEqual(['fewer than 30 samples, so that the tail is a guess: batch sizes 1 (3)'])
  })

  test('takes the experiment of the concurrency that is asked for, whose setting may follow its requests', async () => {
    const [one, eight] = [1, 8].map((value) => {
      const { experiment, requests } = JSON.parse(experiments('concurrency', value, [10 * value]))
        .experiments[0]
      return { requests: [...requests, { timestamp: 5, response_timestamps: [] }], experiment }
    })
    const text = JSON.stringify({ experiments: [one, eight] })
    const { lines, notes } = await imported('genai-perf', text, { batchSize: 1, concurrency: 8 })
    expect(lines[1]).toMatch(/^gpu,1,1,8,80,/)
    expect(notes[1]).toBe('in: 1 request without a response is left out')
    // of all experiments together
    const most = { batchSize: 1, mostLatencies: 1 }
    expect(await refusal('genai-perf', text, most)).toMatch(/^in: has more requests than/)
  })

  test('refuses requests of a batch size that another file has as statistics', async () => {
    const scratch = scratchFolder()
    const statistics = { request_latency: STATISTICS, input_config: { a: { concurrency: 1 } } }
    const texts = [JSON.stringify(statistics), experiments('concurrency', 1, [10, 30, 20])]
    const sources = texts.map((text, i) => ({ file: scratch.write(`${i}.json`, text), batchSize: 1 }))
    await expect(importLatencies({ read: readGenaiPerf, sources, type: 'gpu' })).rejects.toThrow(
      /1.json: has batch size 1, which another file has; name each batch size once: statistics cannot be joined$/,
    )
  })

  test('takes statistics with the concurrency of their configuration', async () => {
    // genai-perf/docs/files.md: profile_export_genai_perf.json
    const text = JSON.stringify({
      request_latency: STATISTICS,
      input_config: { perf_analyzer: { stimulus: { concurrency: 1 } } },
    })
    expect(await imported('genai-perf', text, { batchSize: 1 })).toEqual({
      lines: [
        'instance_type,batch_size,concurrency,mean_ms,p0_ms,p25_ms,p50_ms,p75_ms,p90_ms,p95_ms,p99_ms,p100_ms',
        'gpu,1,1,20,10,15,19,24,30,33,40,41',
      ],
      notes: [],
    })
  })

  test('names the unit where it is missing', async () => {
    const text = JSON.stringify({ request_latency: { ...STATISTICS, unit: undefined } })
    expect(await refusal('genai-perf', text, { batchSize: 1 })).toBe(
      'in: lacks request_latency.unit; is this a file of this format?',
    )
  })

  test.each([
    ['a request rate', experiments('request_rate', 5, [10]), /not measured at a fixed concurrency/],
    [
      'statistics at a request rate',
      JSON.stringify({
        request_latency: STATISTICS,
        input_config: { perf_analyzer: { stimulus: { request_rate: 50 } } },
      }),
      /input_config: was measured at a rate of requests, so that latencies include waiting/,
    ],
    [
      'statistics at a request rate without a concurrency',
      JSON.stringify({ request_latency: STATISTICS, input_config: { request_rate: 50, concurrency: null } }),
      /measure with --concurrency 1/,
    ],
    [
      'requests that are none',
      '{"experiments":[{"requests":[5]}]}',
      /^in: experiments\[0\]\.requests\[0\]: is 5; expected an object$/,
    ],
    ['requests that are no list', '{"experiments":[{"requests":5}]}', /requests: is 5; expected a list of/],
    [
      'an object of requests',
      '{"experiments":[{"requests":{"a":{}}}]}',
      /^in: experiments\[0\]\.requests: is {"a":{}}; expected a list of requests$/,
    ],
    [
      'a start in quotes',
      '{"experiments":[{"requests":[{"timestamp":"5"}]}]}',
      /requests\[0\]\.timestamp: is "5"; expected a number of nanoseconds$/,
    ],
    [
      'one response instead of a list',
      '{"experiments":[{"requests":[{"timestamp":5,"response_timestamps":6}]}]}',
      /response_timestamps: is 6; expected a list of times$/,
    ],
    [
      'an end in quotes',
      '{"experiments":[{"requests":[{"timestamp":5,"response_timestamps":[5,"6"]}]}]}',
      /response_timestamps\[1\]: is "6"; expected a number of nanoseconds$/,
    ],
    [
      'a concurrency in quotes',
      '{"experiments":[{"experiment":{"mode":"concurrency","value":"1"},"requests":[]}]}',
      /^in: experiments\[0\]\.experiment\.value: is "1"; expected a number of requests$/,
    ],
    [
      'a mode that is no text',
      '{"experiments":[{"experiment":{"mode":7,"value":1},"requests":[]}]}',
      /experiment\.mode: is 7; expected a text$/,
    ],
    ['experiments that are a number', '{"experiments":3}', /^in: experiments: is 3; expected a list of/],
    [
      'statistics that are a number',
      '{"request_latency":3}',
      /^in: request_latency: is 3; expected an object/,
    ],
    [
      'statistics in quotes',
      JSON.stringify({ request_latency: { ...STATISTICS, p99: '40' } }),
      /^in: request_latency\.p99: is "40"; expected a number of milliseconds$/,
    ],
    ['another concurrency', experiments('concurrency', 8, [10]), /at concurrency 8, and 1 is asked for/],
    [
      'an experiment without its setting',
      '{"experiments":[{"requests":[]}]}',
      /lacks experiments\[0\]\.experiment;/,
    ],
    [
      'an experiment without requests',
      '{"experiments":[{"experiment":{"mode":"concurrency","value":1}}]}',
      /^in: lacks experiments\[0\]\.requests;/,
    ],
    ['no experiment', '{"experiments":[]}', /^in: experiments: is not a list with an experiment;/],
    ['an object of experiments', '{"experiments":{"a":1}}', /^in: experiments: is not a list with an/],
    ['no request', experiments('concurrency', 1, []), /has no successful request/],
    [
      'requests that end before they begin',
      experiments('concurrency', 1, [-40, 10, 15]),
      /^in: has the mean latency -5; expected a number of milliseconds > 0 and up to/,
    ],
    [
      'a latency below 0',
      JSON.stringify({ request_latency: { ...STATISTICS, min: -1 } }),
      /^in: has at percentile 0 the latency -1; expected a number of milliseconds >= 0 and up to/,
    ],
    [
      'a latency of 1e200 ms',
      JSON.stringify({ request_latency: { ...STATISTICS, max: 1e200 } }),
      /^in: has at percentile 100 the latency 1e\+200; expected a number of milliseconds >= 0 and up to/,
    ],
    [
      'another unit',
      JSON.stringify({ request_latency: { ...STATISTICS, unit: 's' } }),
      /unit: is "s"; expected "ms"/,
    ],
    ['other JSON', '{"a":1}', /lacks request_latency; is this a file of this format/],
    ['cut JSON', '{"experiments":[', /ends before its last bracket; .*was it written to the end/],
  ])('refuses %s', async (_what, content, message) => {
    expect(await refusal('genai-perf', content, { batchSize: 1 })).toMatch(message)
  })
})

test.each([
  [
    'a count that is not whole',
    { count: 1.5 },
    /^in: has the number of samples 1.5; expected a whole number$/,
  ],
  [
    'percentiles that decrease',
    { p95: 3 },
    /^in: has at percentile 95 the latency 3 ms, and 30 ms below it; expected latencies that do not decrease$/,
  ],
  ['a percentile beyond 100', { p101: 50 }, /^in: has the percentile 101; expected one from 0 to 100$/],
])('refuses statistics of AIPerf with %s', async (_what, more, message) => {
  const text = JSON.stringify({ request_latency: { ...STATISTICS, ...more } })
  expect(await refusal('aiperf', text, { batchSize: 1 })).toMatch(message)
})

test.each([
  ['', 'type: is empty; the name of an instance type is expected'],
  ['a\nb', 'type: contains control characters; the name of an instance type is expected'],
])('refuses the type %j', async (type, message) => {
  expect(await refusal('log', '1,4\n1,4', { type })).toBe(message)
})

test.each([
  ['perf-analyzer', PERF.join('\n')],
  ['genai-perf', experiments('concurrency', 1, [10, 30, 20])],
  ['genai-perf', JSON.stringify({ request_latency: STATISTICS, input_config: { a: { concurrency: 1 } } })],
])('a file of %s is taken or refused, however it is broken', async (format, content) => {
  await readBroken(content, 'in', (text) => imported(format, text, { batchSize: 8 }))
})
