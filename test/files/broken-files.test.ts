/**
 * Small valid files of every format, broken at random: cut, with strange values, with lines and bytes that are
 * missing, doubled or exchanged. A reader takes what is left as valid numbers or refuses it, and nothing else.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { readCounts } from '../../src/files/documents/counts.ts'
import { readFleet } from '../../src/files/documents/fleet.ts'
import { readPlan } from '../../src/files/documents/plan.ts'
import { readProfile } from '../../src/files/documents/profile.ts'
import { readServiceAddresses } from '../../src/files/documents/service-addresses.ts'
import { readSpace } from '../../src/files/documents/space.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { readCatalog } from '../../src/files/tables/catalog.ts'
import { LATENCY_FORMATS } from '../../src/files/tables/imports/formats.ts'
import { importLatencies } from '../../src/files/tables/imports/import-latencies.ts'
import { readLatencyTable } from '../../src/files/tables/latency-table.ts'
import { readMix } from '../../src/files/tables/mix.ts'
import { readAwsPrices } from '../../src/files/tables/prices/aws.ts'
import { catalogText } from '../../src/files/tables/prices/price-list.ts'
import { readSkyPilotPrices } from '../../src/files/tables/prices/skypilot.ts'
import { readRates } from '../../src/files/tables/rates.ts'
import { convertTrace } from '../../src/files/traces/convert-trace.ts'
import { readTrace } from '../../src/files/traces/trace-csv.ts'
import { KairosError } from '../../src/model/errors.ts'
import { checkTrace } from '../../src/model/trace.ts'
import { checkWorkload } from '../../src/model/workload.ts'

const folder = mkdtempSync(join(tmpdir(), 'kairos-broken-'))
afterAll(() => rmSync(folder, { recursive: true }))

const statistics = {
  request_latency: { unit: 'ms', avg: 20, min: 10, p50: 19, p99: 40, max: 41 },
  input_config: { perf_analyzer: { stimulus: { concurrency: 1 } } },
}
const lines = (...all: string[]) => `${all.join('\n')}\n`
const json = (...all: object[]) => lines(...all.map((one) => JSON.stringify(one)))

/** Files of formats of latencies, by format. */
const LATENCIES: [format: string, content: string][] = [
  [
    'perf-analyzer',
    lines(
      'Concurrency,Inferences/Second,Client Send,Network+Server Send/Recv,Server Queue,Server Compute Input,Server Compute Infer,Server Compute Output,Client Recv,p50 latency,p99 latency',
      '1,69.2,225,2148,64,206,11781,19,0,13891,21018',
      '4,84.2,279,1604,33669,233,11731,18,1,47045,64886',
    ),
  ],
  [
    'genai-perf',
    json({
      experiments: [
        {
          experiment: { mode: 'concurrency', value: 1 },
          requests: [10, 30, 20].map((ms, i) => ({
            timestamp: 1e9 * i,
            response_timestamps: [1e9 * i + 1e6, 1e9 * i + 1e6 * ms],
          })),
        },
      ],
    }),
  ],
  ['genai-perf', json(statistics)],
  [
    'aiperf',
    json(
      ...[0, 100, 200].map((startMs) => ({
        metadata: {
          request_start_ns: startMs * 1e6,
          request_end_ns: (startMs + 9) * 1e6,
          benchmark_phase: 'profiling',
          was_cancelled: false,
        },
        metrics: { request_latency: { value: 9, unit: 'ms' } },
        error: null,
      })),
    ),
  ],
  ['aiperf', json({ schema_version: '1.0', request_latency: { ...statistics.request_latency, count: 200 } })],
  [
    'mlperf',
    lines(
      'MLPerf Results Summary',
      'Scenario : SingleStream',
      'Result is : VALID',
      ' * Processed at least 64 queries (2048).',
      'Min latency (ns)                : 4500000',
      'Max latency (ns)                : 9000000',
      'Mean latency (ns)               : 5200000',
      '50.00 percentile latency (ns)   : 5100000',
      '99.00 percentile latency (ns)   : 6200000',
      'samples_per_query : 1',
    ),
  ],
  [
    'mlperf',
    Object.entries({
      effective_scenario: 'MultiStream',
      effective_samples_per_query: 8,
      result_validity: 'VALID',
      result_mean_query_latency_ns: 20e6,
      'result_50.00_percentile_per_query_latency_ns': 19e6,
      'result_99.00_percentile_per_query_latency_ns': 30e6,
    })
      .map(([key, value]) => `:::MLLOG ${JSON.stringify({ key, value, time_ms: 1 })}\n`)
      .join(''),
  ],
  [
    'locust',
    lines(
      '"Type","Name","Request Count","Failure Count","Average Response Time","Min Response Time","Max Response Time","50%","99%","100%"',
      '"POST","/infer",240,0,75.5,66,89,73,89,89',
      '"None","Aggregated",240,0,75.5,66,89,73,89,89',
    ),
  ],
  [
    'k6',
    lines(
      'metric_name,timestamp,metric_value,check,error,error_code,group,method,name,status',
      'http_req_duration,1595325560,10.000000,,,,,POST,infer,200',
      'http_req_duration,1595325561,30.000000,,,,,POST,infer,200',
      'vus,1595325560,1.000000,,,,,,,',
    ),
  ],
  ['log', lines('batch_size,latency_ms', '1,4', '1,6', '8,20', '8,21.5')],
]

/** Traces by format, with what says how they are read. */
const TRACES = [
  [
    { format: 'azure-llm' },
    lines(
      'TIMESTAMP,ContextTokens,GeneratedTokens',
      '2023-11-16 18:17:03.9799600,4808,10',
      '2023-11-16 18:17:04.0319600,3180,8',
    ),
  ],
  [
    { format: 'azure-functions', size: 'duration' },
    lines(
      'app,func,end_timestamp,duration',
      'a1,f1,5160.142570018768,0.134',
      'a2,f1,5161.280997037888,0.013',
    ),
  ],
  [
    { format: 'burstgpt' },
    lines(
      'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type',
      '5,ChatGPT,472,18,490,Conversation log',
      '45,GPT-4,1087,230,1317,API log',
    ),
  ],
  [
    { format: 'mooncake' },
    json(
      { timestamp: 0, input_length: 6758, output_length: 500, hash_ids: [0, 1] },
      { timestamp: 3052.5, input_length: 12, output_length: 794 },
    ),
  ],
  [
    { format: 'csv', map: { arrival: 'when', size: 'how many' }, unit: 'iso' },
    lines('id,how many,when', '1,7,2024-02-29T12:00:00Z', '2,9,2024-02-29T13:00:00.25+01:00'),
  ],
  [{ format: 'kairos' }, lines('arrival_ms,batch_size', '5,10', '7.25,20')],
] as const

const offer = (sku: string, USD: string) => ({
  [`${sku}.J`]: { sku, priceDimensions: { [`${sku}.J.6`]: { unit: 'Hrs', pricePerUnit: { USD } } } },
})
const product = (sku: string, instanceType: string) => ({
  sku,
  attributes: {
    ...{ servicecode: 'AmazonEC2', instanceType, regionCode: 'us-east-1', operatingSystem: 'Linux' },
    ...{ tenancy: 'Shared', capacitystatus: 'Used', preInstalledSw: 'NA' },
  },
})

/** Price lists, by the names of files. */
const PRICES = [
  [
    'skypilot.csv',
    readSkyPilotPrices,
    lines(
      'InstanceType,vCPUs,Price,SpotPrice,Region,AvailabilityZone',
      'g5.xlarge,4.0,1.006,0.4,us-east-1,use1-az1',
      'c7i.2xlarge,8.0,0.357,,us-east-1,use1-az1',
    ),
  ],
  [
    'aws.json',
    readAwsPrices,
    json({
      formatVersion: 'v1.0',
      products: { A: product('A', 'g5.xlarge'), C: product('C', 'c7i.2xlarge') },
      terms: { OnDemand: { A: offer('A', '1.0060000000'), C: offer('C', '0.357') } },
    }),
  ],
  [
    'aws.csv',
    readAwsPrices,
    lines(
      '"FormatVersion","v1.0"',
      '"Disclaimer","none"',
      '"Publication Date","2025-01-01T00:00:00Z"',
      '"Version","20250101000000"',
      '"OfferCode","AmazonEC2"',
      '"SKU","TermType","Unit","PricePerUnit","Currency","Instance Type","Tenancy","Operating System","CapacityStatus","Pre Installed S/W","Region Code"',
      '"A","OnDemand","Hrs","1.006","USD","g5.xlarge","Shared","Linux","Used","NA","us-east-1"',
      '"D","OnDemand","Hrs","0.357","USD","c7i.2xlarge","Shared","Linux","Used","NA","us-east-1"',
    ),
  ],
] as const

const SIZES = lines('batch_size,probability', '10,0.25', '20,0.75')
const TABLE = lines(
  'instance_type,batch_size,samples,mean_ms,p50_ms,p99_ms',
  'gpu,10,100,5,5,6',
  'gpu,20,100,8,8,9.5',
  'cpu,10,100,12,12,14',
  'cpu,20,100,22,22,25',
)
const byType = { types: ['gpu', 'cpu'], pricePerHour: [1.5, 0.2], startDelayS: [60, 0], startFee: [0, 0.1] }

/** The formats of the product, by the names of files. A workload lies beside its table and its mix. */
const OWN: [name: string, content: string, read: (path: string) => Promise<unknown>][] = [
  ['latency.csv', TABLE, readLatencyTable],
  ['mix.csv', SIZES, readMix],
  ['trace.csv', lines('arrival_ms,batch_size', '5,10', '7.25,20'), readTrace],
  ['rates.csv', lines('start_s,rate_qps,forecast_qps', '0,10,12', '60,20,19.5', '120,0,1'), readRates],
  ['prices.csv', lines('instance_type,price_per_hour', 'gpu,1.5', 'cpu,0.2'), readCatalog],
  [
    'workload.json',
    json({
      model: 'm',
      latency: 'table-of-workload.csv',
      mix: 'mix-of-workload.csv',
      qosMs: 30,
      percentile: 99,
      batching: { maxBatch: { gpu: 20 } },
    }),
    async (path) => checkWorkload(await readWorkload(path)),
  ],
  [
    'space.yaml',
    lines(
      'budgetPerHour: 2.5',
      'types:',
      '  - { name: gpu, pricePerHour: 1.5, max: 3 }',
      '  - name: cpu',
      '    pricePerHour: 0.2',
      '    max: 9',
      '    slots: 2',
    ),
    readSpace,
  ],
  [
    'fleet.yaml',
    lines(
      'servers:',
      '  - { address: "127.0.0.1:8001", type: gpu, model: m, slots: 2 }',
      '  - address: 127.0.0.1:8002',
      '    type: cpu',
    ),
    readFleet,
  ],
  [
    'plan.json',
    json({ ...byType, windowS: 60, cyclic: true, windows: [{ counts: [1, 2] }, { counts: [0, 3] }] }),
    readPlan,
  ],
  [
    'profile.json',
    json({
      m: {
        gpu: { qps: 100 },
        cpu: { qps: 20, small_ratio: 0.5, vio_batch: 10, time_ratio: 0.3, all_batch: { 10: 20 } },
      },
    }),
    readProfile,
  ],
  ['counts.json', json({ gpu: 1, cpu: 4 }), readCounts],
  ['addresses.json', json(['127.0.0.1:8001', '127.0.0.1:8002']), readServiceAddresses],
]

const STRANGE = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '-0',
    '1e308',
    '1e999',
    '-1e999',
    'NaN',
    'Infinity',
    'null',
    'true',
    '[]',
    '{}',
    '""',
  ],
  ...[
    '1.5',
    '9007199254740993',
    '0x10',
    '1_000',
    '1,5',
    '"',
    '\\',
    '\u0000',
    '\ufeff',
    '\ufffd',
    '__proto__',
    'constructor',
  ],
]

interface Damage {
  readonly kind: 'cut' | 'value' | 'drop' | 'double' | 'swap' | 'insert' | 'erase'
  /** Where, as a share of the file. */
  readonly at: number
  readonly value: string
}

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('cut', 'value', 'value', 'value', 'drop', 'double', 'swap', 'insert', 'erase'),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  value: fc.oneof(fc.constantFrom(...STRANGE), fc.string({ maxLength: 3 })),
})

function damaged(text: string, { kind, at, value }: Damage): string {
  const place = Math.floor(at * text.length)
  if (kind === 'cut') return text.slice(0, place)
  if (kind === 'insert') return text.slice(0, place) + value + text.slice(place)
  if (kind === 'erase') return text.slice(0, place) + text.slice(place + 1)
  if (kind === 'value') {
    const values = [...text.matchAll(/"[^"]*"|[^\s,:{}[\]"]+/g)]
    const { index, 0: old } = values[Math.floor(at * values.length)] ?? { index: 0, 0: '' }
    return text.slice(0, index) + value + text.slice(index + old.length)
  }
  const all = text.split('\n')
  const line = Math.floor(at * all.length)
  if (kind === 'drop') return all.toSpliced(line, 1).join('\n')
  if (kind === 'double') return all.toSpliced(line, 0, all[line]).join('\n')
  const next = (line + 1) % all.length
  return all.with(line, all[next]).with(next, all[line]).join('\n')
}

/** Reads many broken versions of a file. Each is taken or refused with its place. */
async function readBroken(
  content: string,
  read: (path: string) => Promise<void>,
  name = 'in',
): Promise<void> {
  const path = join(folder, name)
  const outcomes = { taken: 0, refused: 0 }
  writeFileSync(path, content)
  await read(path)
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 2 }), async (damages) => {
      writeFileSync(path, damages.reduce(damaged, content))
      try {
        await read(path)
        outcomes.taken++
      } catch (error) {
        if (!(error instanceof KairosError)) throw error
        expect(error.message).toContain(path)
        outcomes.refused++
      }
    }),
    { numRuns: Number(process.env.BROKEN_FILES ?? 200) },
  )
  expect(outcomes.refused).toBeGreaterThan(0)
}

test.each(OWN)('%s', async (name, content, read) => {
  writeFileSync(join(folder, 'table-of-workload.csv'), TABLE)
  writeFileSync(join(folder, 'mix-of-workload.csv'), SIZES)
  await readBroken(content, async (path) => void (await read(path)), name)
})

test.each(LATENCIES)('latencies of %s', async (format, content) => {
  const { readLatencies } = await LATENCY_FORMATS.find(({ name }) => name === format)!.load()
  await readBroken(content, async (file) => {
    const isSized = !['mlperf', 'log'].includes(format)
    const sources = [{ file, ...(isSized && { batchSize: 8 }) }]
    const { text } = await importLatencies({ read: readLatencies, sources, type: 'gpu' })
    const table = join(folder, 'table.csv')
    writeFileSync(table, text)
    await readLatencyTable(table)
  })
})

test.each(TRACES)('a trace of %j', async (options, content) => {
  await readBroken(content, async (path) => {
    const { trace } = await convertTrace({ ...options, path })
    checkTrace(trace)
  })
})

test.each(PRICES)('prices of %s', async (name, read, content) => {
  const readPrices = async (file: string) => {
    const list = join(folder, 'catalog.csv')
    writeFileSync(list, catalogText(await read({ file })))
    await readCatalog(list)
  }
  await readBroken(content, readPrices, name)
})
