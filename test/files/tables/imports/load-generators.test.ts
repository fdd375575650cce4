/**
 * Each importer on a small file with the columns of its format. The sources of the columns stand in the header of each
 * importer; figures are made up.
 */
import { describe, expect, test } from 'vitest'
import type { LogOptions } from '../../../../src/files/tables/imports/latency-format.ts'
import type { Progress } from '../../../../src/model/progress.ts'
import { readBroken } from '../../broken.ts'
import { imported, refusal } from './imported.ts'

// mlcommons/inference, loadgen: mlperf_log_summary.txt and mlperf_log_detail.txt
const SUMMARY = `================================================
MLPerf Results Summary
================================================
SUT name : PySUT
Scenario : SingleStream
Mode     : PerformanceOnly
90.0th percentile latency (ns) : 5640400
Result is : VALID
  Min duration satisfied : Yes
Early Stopping Result:
 * Processed at least 64 queries (2048).
 * Would discard 172 highest latency queries.

================================================
Additional Stats
================================================
QPS w/ loadgen overhead         : 190.00

Min latency (ns)                : 4500000
Max latency (ns)                : 9000000
Mean latency (ns)               : 5200000
50.00 percentile latency (ns)   : 5100000
90.00 percentile latency (ns)   : 5640400
99.00 percentile latency (ns)   : 6200000
99.90 percentile latency (ns)   : 8000000

================================================
Test Parameters Used
================================================
samples_per_query : 1
target_qps : 1
`
const detail = (entries: Record<string, unknown>) =>
  Object.entries(entries)
    .map(
      ([key, value]) =>
        `:::MLLOG ${JSON.stringify({ key, value, time_ms: 1, event_type: 'POINT_IN_TIME' })}\n`,
    )
    .join('')

describe('mlperf', () => {
  test('takes a summary of SingleStream', async () => {
    expect(await imported('mlperf', SUMMARY)).toEqual({
      lines: [
        'instance_type,batch_size,samples,concurrency,mean_ms,p0_ms,p50_ms,p90_ms,p99_ms,p99.9_ms,p100_ms',
        'gpu,1,2048,1,5.2,4.5,5.1,5.6404,6.2,8,9',
      ],
      notes: [],
    })
  })

  test('refuses a mean above the slowest time', async () => {
    const text = SUMMARY.replace(': 5200000', ': 52000000')
    expect(await refusal('mlperf', text)).toBe(
      'in: the mean latency is 52, above p100, 9; expected a mean that fits its percentiles',
    )
  })

  test('takes a detail log of MultiStream by query', async () => {
    const log = detail({
      effective_scenario: 'MultiStream',
      effective_samples_per_query: 8,
      result_validity: 'INVALID',
      result_mean_latency_ns: 1e6,
      result_mean_query_latency_ns: 20e6,
      'result_50.00_percentile_per_query_latency_ns': 19e6,
      'result_99.00_percentile_per_query_latency_ns': 30e6,
    })
    expect(await imported('mlperf', log)).toEqual({
      lines: ['instance_type,batch_size,concurrency,mean_ms,p50_ms,p99_ms', 'gpu,8,1,20,19,30'],
      notes: ['in: LoadGen calls the result INVALID'],
    })
  })

  test('refuses a log that ends before its percentiles, and a size that is no number', async () => {
    const cut = detail({
      effective_scenario: 'MultiStream',
      effective_samples_per_query: 8,
      result_mean_query_latency_ns: 20e6,
      'result_50.00_percentile_per_query_latency_ns': 19e6,
    })
    expect(await refusal('mlperf', cut)).toBe(
      'in: has no percentile of latency above the median; was it written to the end?',
    )
    expect(await refusal('mlperf', SUMMARY.replace('query : 1', 'query : 1e999'))).toBe(
      'in: has the batch size Infinity; expected a number of items > 0',
    )
  })

  test('names the line of a cut detail log, and a number that is none', async () => {
    const cut = detail({ effective_scenario: 'SingleStream' }).slice(0, -4)
    expect(await refusal('mlperf', cut)).toBe(
      'in line 1: is not JSON; is this the right file, and was it written to the end?',
    )
    expect(await refusal('mlperf', ':::MLLOG null\n')).toBe(
      'in line 1: is not an object in JSON; is this a file of this format?',
    )
    expect(await refusal('mlperf', SUMMARY.replace(/(?<=Mean latency \(ns\) *: )\d+/, 'NaN'))).toBe(
      'in: Mean latency (ns): is "NaN"; expected a number > 0',
    )
  })

  test('takes a log with the line ends of old systems', async () => {
    expect(await imported('mlperf', SUMMARY.replaceAll('\n', '\r'))).toEqual(
      await imported('mlperf', SUMMARY),
    )
  })

  test('asks of another file whether it is a log of LoadGen', async () => {
    expect(await refusal('mlperf', '<html></html>')).toBe(
      'in: names no scenario; expected mlperf_log_summary.txt or mlperf_log_detail.txt of a run of SingleStream, written to the end',
    )
  })

  test.each([
    ['Server', /latencies of the Server scenario include waiting; import a run of SingleStream/],
    ['Offline', /counted from the start of the run/],
    ['MultiStream', /import mlperf_log_detail.txt/],
  ])('refuses a summary of %s', async (scenario, message) => {
    expect(await refusal('mlperf', SUMMARY.replace('SingleStream', scenario))).toMatch(message)
  })
})

// Grafana k6 documentation, "Results output: CSV"
const K6_HEADER =
  'metric_name,timestamp,metric_value,check,error,error_code,group,method,name,proto,scenario,status,subproto,' +
  'tls_version,url,extra_tags'
const k6 = (
  metric: string,
  value: number,
  { error = '', status = 200, name = 'infer' }: { error?: string; status?: number | ''; name?: string } = {},
) =>
  `${metric},1595325560,${value.toFixed(6)},,${error},,,POST,${name},HTTP/1.1,default,${status},,,http://a,`
const vus = (count: number) => `vus,1595325560,${count}.000000,,,,,,,,,,,,,`

describe('k6', () => {
  test('keeps a limited number of latencies, of all names together', async () => {
    const rows = [1, 2, 3].map((ms) => k6('http_req_duration', ms, { name: `${ms}` }))
    const text = [K6_HEADER, ...rows].join('\n')
    expect(await refusal('k6', text, { batchSize: 2, name: '1', mostLatencies: 2 })).toMatch(
      /^in: has more requests than an import keeps/,
    )
    const { lines } = await imported('k6', text, { batchSize: 2, name: '3', mostLatencies: 3 })
    expect(lines[1]).toMatch(/^gpu,2,1,3,/)
  })

  test('takes durations of successful requests', async () => {
    const rows = [
      ...[k6('http_reqs', 1), k6('http_req_duration', 10), k6('http_req_waiting', 9)],
      ...[k6('http_req_duration', 30), k6('http_req_duration', 99, { status: 503 }), vus(1)],
      // no response
      k6('http_req_duration', 0, { status: 0 }),
    ]
    const { lines, notes } = await imported('k6', [K6_HEADER, ...rows].join('\n'), { batchSize: 2 })
    expect(lines[1]).toMatch(/^gpu,2,2,1,20,10,.*,30$/)
    expect(notes[0]).toBe('in: 2 failed requests are left out')
  })

  test('counts the failed requests of the name that is imported', async () => {
    const rows = [
      ...[k6('http_req_duration', 10), k6('http_req_duration', 30), vus(1)],
      ...[99, 98].map((ms) => k6('http_req_duration', ms, { status: 503 })),
      k6('http_req_duration', 5, { name: 'health' }),
      ...[99, 98, 97].map((ms) => k6('http_req_duration', ms, { status: 503, name: 'health' })),
    ]
    const text = [K6_HEADER, ...rows].join('\n')
    const infer = await imported('k6', text, { batchSize: 2, name: 'infer' })
    expect(infer.notes).toContain('in: 2 failed requests are left out')
    const health = await imported('k6', text, { batchSize: 2, name: 'health' })
    expect(health.notes).toContain('in: 3 failed requests are left out')
  })

  test('leaves out failed calls of gRPC', async () => {
    const rows = [
      ...[k6('grpc_req_duration', 10, { status: 0 }), k6('grpc_req_duration', 30, { status: '' })],
      ...[k6('grpc_req_duration', 0.2, { status: 14 }), k6('grpc_req_duration', 0.2, { status: 1 })],
    ]
    const { lines, notes } = await imported('k6', [K6_HEADER, ...rows].join('\n'), { batchSize: 2 })
    expect(lines[1]).toMatch(/^gpu,2,2,20,10,.*,30$/)
    expect(notes).toContain('in: 2 failed requests are left out')
  })

  test('refuses several virtual users', async () => {
    const text = [K6_HEADER, k6('http_req_duration', 10), vus(5)].join('\n')
    expect(await refusal('k6', text, { batchSize: 2 })).toMatch(/at concurrency 5, and 1 is asked for/)
  })
})

test.each([
  ['mlperf', SUMMARY, {}],
  [
    'mlperf',
    detail({
      effective_scenario: 'MultiStream',
      effective_samples_per_query: 8,
      result_mean_query_latency_ns: 20e6,
      'result_50.00_percentile_per_query_latency_ns': 19e6,
      'result_99.00_percentile_per_query_latency_ns': 30e6,
    }),
    {},
  ],
  [
    'k6',
    [K6_HEADER, k6('http_req_duration', 10), k6('http_req_duration', 30), vus(1)].join('\n'),
    { batchSize: 2 },
  ],
  ['log', 'batch_size,latency_ms\n1,4\n1,6\n8,20\n8,21.5\n', {}],
] as const)('a file of %s is taken or refused, however it is broken', async (format, content, given) => {
  await readBroken(content, 'in', (text) => imported(format, text, given))
})

const VLLM = '{"max_concurrency":1,"completed":2,"ttfts":[1,1],"itls":[[],[]],"errors":["",""]}'
const GENAI_PERF =
  '{"experiments":[{"experiment":{"mode":"concurrency","value":1},"requests":[{"timestamp":0,"response_timestamps":[1000]}]}]}'

const LONG_FILES = [
  ['k6', [K6_HEADER, k6('http_req_duration', 10), vus(1)].join('\n'), { batchSize: 2 }],
  ['log', '1,4\n1,6\n', {}],
  [
    'aiperf',
    '{"metadata":{},"metrics":{"request_latency":{"value":4,"unit":"ms"}}}\n'.repeat(2),
    { batchSize: 2 },
  ],
  ['vllm', VLLM, { batchSize: 2 }],
  ['genai-perf', GENAI_PERF, { batchSize: 2 }],
] as const

test.each(LONG_FILES)('a long file of %s is read with progress, in bytes', async (format, content, given) => {
  const told: Progress[] = []
  await imported(format, content, { ...given, onProgress: (progress) => told.push(progress) })
  expect(told).toEqual([{ done: content.length, total: content.length }])
})

test.each([...LONG_FILES, ['mlperf', SUMMARY, { batchSize: 1 }]] as const)(
  'reading %s ends with the reason of a signal',
  async (format, content, given) => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(imported(format, content, { ...given, signal })).rejects.toThrow('enough')
  },
)

// gatling-core, LogFileDataWriter: rows of 6, 4 and 7 cells
const GATLING = `RUN\tcomputerdatabase.Basic\tbasic\t1795000200000\t \t3.9.5
USER\tUsers\tSTART\t1795000200100
REQUEST\t\trequest_1\t1795000200111\t1795000200299\tOK\t\u0020
REQUEST\t\trequest_1\t1795000201111\t1795000201112\tKO\tstatus 503
`

test('reads the requests of Gatling, and says how to keep them', async () => {
  const log: LogOptions = {
    map: { latency: 'end-start' },
    unit: 'ms',
    where: ['status=OK'],
    delimiter: '\t',
    header: ['kind', 'groups', 'name', 'start', 'end', 'status', 'message'],
  }
  const keep = "if this is Gatling's simulation.log, keep its rows of requests: grep ^REQUEST simulation.log"
  expect(await refusal('log', GATLING, { batchSize: 1, log })).toBe(
    `in line 1: has 6 columns, and --header names 7; ${keep}`,
  )
  const named = { ...log, map: { latency: 'basic' }, header: undefined, where: [] }
  expect(await refusal('log', GATLING, { batchSize: 1, log: named })).toBe(
    `in line 2: has 4 of the 6 columns; ${keep}`,
  )
  const requests = GATLING.split('\n').slice(2).join('\n')
  expect((await imported('log', requests, { batchSize: 1, log })).lines[1]).toMatch(/^gpu,1,1,188,/)
})

// nghttp2, h2load --log-file: the start in us since 1970, the status, or -1 for a failed stream, and the time in us
test('reads the requests of h2load', async () => {
  const log: LogOptions = {
    map: { latency: 'took' },
    unit: 'us',
    where: ['status=200'],
    delimiter: '\t',
    header: ['start', 'status', 'took'],
  }
  const text = '1796306824859000\t200\t7299\n1796306824866355\t-1\t6428\n'
  expect((await imported('log', text, { batchSize: 8, log })).lines[1]).toMatch(/^gpu,8,1,7.299,/)
})

test.each([
  ['wrk2', 'Running 30s test @ http://127.0.0.1:80/index.html\n  2 threads and 100 connections\n'],
  [
    'HdrHistogram',
    '       Value     Percentile TotalCount 1/(1-Percentile)\n\n       0.921 0.000000000000\n',
  ],
  ['intervals of HdrHistogram', '#[Histogram log format version 1.3]\n#[StartTime: 1441812279.474]\n'],
  ['hey', '\nSummary:\n  Total:\t1.2 secs\n  Slowest:\t0.1 secs\n'],
  ['vegeta', 'Requests      [total, rate, throughput]         1200, 120.00, 65.87\n'],
  ['ab', 'This is ApacheBench, Version 2.3 <$Revision: 1913912 $>\nCopyright 1996 Adam Twiss\n'],
  ['h2load', 'starting benchmark...\nspawning thread #0: 1 total client(s). 200 total requests\n'],
  ['trtexec', '&&&& RUNNING TensorRT.trtexec [TensorRT v100300] # trtexec --onnx=a.onnx\n'],
  ['benchmark_app', 'Command line parameters\nCommand;value\n\nExecution results\nlatency (AVG, ms);12.3\n'],
])('says what to do instead of a summary by %s', async (_, text) => {
  const cure =
    /^in line [1-3]: .*; this is a summary, without single requests: log each request, as by hey -o csv or exportTimes of trtexec, or measure by kairos-wasm measure; percentiles in ms can be written as a row of a latency table, as kairos-wasm schema latency says$/
  expect(await refusal('log', text)).toMatch(cure)
  expect(await refusal('log', text, { batchSize: 1 })).toMatch(cure)
  const map = { latency: 'Value' }
  expect(await refusal('log', text, { batchSize: 1, log: { map, unit: 'ms' } })).toMatch(cure)
  expect(await refusal('log', text, { batchSize: 1, log: { map, unit: 'ms', delimiter: ' ' } })).toMatch(cure)
})
