import { test } from 'vitest'
import { readCatalog } from '../../../src/files/tables/catalog.ts'
import { readLatencyTable } from '../../../src/files/tables/latency-table.ts'
import { readMix } from '../../../src/files/tables/mix.ts'
import { readRates } from '../../../src/files/tables/rates.ts'
import { readTrace } from '../../../src/files/traces/trace-csv.ts'
import { readBroken } from '../broken.ts'
import { scratchFolder } from '../scratch.ts'

const LATENCY = `instance_type,batch_size,samples,mean_ms,p50_ms,p99_ms
gpu,10,100,5,5,6
gpu,20,100,8,8,9.5
cpu,10,100,12,12,14
cpu,20,100,22,22,25
`

test.each<[name: string, read: (path: string) => Promise<unknown>, content: string]>([
  ['latency.csv', readLatencyTable, LATENCY],
  ['mix.csv', readMix, 'batch_size,probability\n10,0.25\n20,0.75\n'],
  ['rates.csv', readRates, 'start_s,rate_qps,forecast_qps\n0,10,12\n60,20,19.5\n120,0,1\n'],
  ['catalog.csv', readCatalog, 'instance_type,price_per_hour\ngpu,1.5\ncpu,0.2\n'],
  ['trace.csv', readTrace, 'arrival_ms,batch_size\n5,10\n7.25,20\n'],
])('%s is taken or refused, however it is broken', async (name, read, content) => {
  const { write } = scratchFolder()
  await readBroken(content, name, (text) => read(write(name, text)))
})
