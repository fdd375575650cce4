import { expect, test } from 'vitest'
import type { LogOptions } from '../../../../src/files/tables/imports/latency-format.ts'
import { imported, refusal } from './imported.ts'

const JOINED = 'ts,items,took_ms\n2026-11-18T09:30:00Z,7,6.1\nts,items,took_ms\n2026-11-18T09:31:00Z,7,6.3\n'

test('says how to leave out the headers of joined files', async () => {
  const log: LogOptions = { map: { latency: 'took_ms', size: 'items' }, unit: 'ms' }
  expect(await refusal('log', JOINED, { log })).toBe(
    'in line 3: took_ms: the header is there again, as in joined files; remove such lines, or, where the command takes it, add --where "took_ms!=took_ms"',
  )
  const { lines } = await imported('log', JOINED, { log: { ...log, where: ['took_ms!=took_ms'] } })
  expect(lines[1]).toMatch(/^gpu,7,2,6\.2,/)
})

test('a header that is there again has no difference of columns', async () => {
  const text = 'end,start\n8,2\nend,start\n9,3\n'
  const log: LogOptions = { map: { latency: 'end-start' }, unit: 's' }
  expect(await refusal('log', text, { batchSize: 1, log })).toBe(
    'in line 3: end-start: the header is there again, as in joined files; remove such lines, or, where the command takes it, add --where "end!=end"',
  )
  const { lines } = await imported('log', text, { batchSize: 1, log: { ...log, where: ['end!=end'] } })
  expect(lines[1]).toMatch(/^gpu,1,2,6000,/)
})

test.each(['0.010, 0.020', '-, 0.020', '0.010 : 0.020'])(
  'says what to do with the times "%s" of nginx, where blanks stand between the columns',
  async (times) => {
    const log: LogOptions = {
      map: { latency: 'up' },
      unit: 's',
      delimiter: ' ',
      header: ['at', 'up', 'items'],
    }
    const cure =
      "nginx logs a time for each server that was tried: put quotes around such variables in its log_format, or remove these lines, such as by grep -vE '[0-9-](,| :) '"
    expect(await refusal('log', `1.5 0.010 7\n1.6 ${times} 7\n`, { batchSize: 1, log })).toMatch(
      new RegExp(`^in line 2: has [45] columns, and --header names 3; ${escaped(cure)}$`),
    )
    const named = { ...log, header: undefined }
    expect(await refusal('log', `at up items\n1.6 ${times} 7\n`, { batchSize: 1, log: named })).toMatch(
      new RegExp(`^in line 2: has [45] columns, not 3; ${escaped(cure)}$`),
    )
  },
)

const escaped = (text: string) => text.replace(/[()[\]|$]/g, '\\$&')

const K6_HEADER =
  'metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,' +
  'scenario,service,status,subproto,tls_version,url,extra_tags'
const K6_FAILED =
  'http_req_duration,1595325560,221.899000,,,1403,false,,GET,http://a,HTTP/1.1,default,,403,,tls1.3,http://a,'

test.each([
  [[K6_FAILED], 'has 1 failed request, and no successful one'],
  [[K6_FAILED, K6_FAILED], 'has 2 failed requests, and no successful one'],
])('says that all requests of k6 failed: %#', async (rows, problem) => {
  const text = [K6_HEADER, ...rows].join('\n')
  expect(await refusal('k6', text, { batchSize: 1 })).toBe(
    `in: ${problem}; its columns status and error say why: mend the test, and run it again`,
  )
})

test('says that a CSV of k6 has no requests', async () => {
  const text = [K6_HEADER, K6_FAILED.replace('http_req_duration', 'iteration_duration')].join('\n')
  expect(await refusal('k6', text, { batchSize: 1 })).toBe(
    'in: has no http_req_duration or grpc_req_duration; is this the CSV of a test of HTTP or gRPC, and was it written to the end?',
  )
})
