import { readFileSync } from 'node:fs'
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

test('says how JMeter writes CSV in place of XML', async () => {
  const text = '<?xml version="1.0" encoding="UTF-8"?>\n<testResults version="1.2">\n'
  const log: LogOptions = { map: { latency: 'elapsed' }, unit: 'ms' }
  expect(await refusal('log', text, { batchSize: 1, log })).toBe(
    'in line 1: elapsed: the column is missing; this is XML: write it as CSV; JMeter does so with jmeter.save.saveservice.output_format=csv in its properties',
  )
})

// bojand/ghz, www/docs/output.md; hatoo/oha, the test of its output in CSV
const GHZ = '\nduration (ms),status,error\n1.43,OK,\n0.39,OK,\n0.20,Unavailable,rpc error\n'
const OHA =
  'request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status\n' +
  '0.002211678,0.000374078,0.001148565,0.002619327,0.002626127,11,200\n0.5,0,0,0.002,0.0021,11,503\n'

// NVIDIA/TensorRT, samples/common/sampleReporting.cpp, exportJSONTrace; after jq
const TRTEXEC = `{"startEnqMs":0.01,"endEnqMs":0.2,"startH2dMs":0.05,"endH2dMs":0.47,"startComputeMs":0.47,"endComputeMs":0.94,"startD2hMs":0.94,"endD2hMs":0.97,"h2dMs":0.42,"computeMs":0.47,"d2hMs":0.03,"latencyMs":0.92}
{"startEnqMs":1.01,"endEnqMs":1.2,"startH2dMs":1.05,"endH2dMs":1.47,"startComputeMs":1.47,"endComputeMs":1.96,"startD2hMs":1.96,"endD2hMs":1.99,"h2dMs":0.42,"computeMs":0.49,"d2hMs":0.03,"latencyMs":0.94}
`

// bojand/ghz, www/docs/output.md, JSON; after jq
const GHZ_DETAILS = `{"timestamp":"2018-09-25T20:04:01.36-07:00","latency":910000,"error":"","status":"OK"}
{"timestamp":"2018-09-25T20:04:01.36-07:00","latency":390000,"error":"","status":"OK"}
{"timestamp":"2018-09-25T20:04:01.37-07:00","latency":50,"error":"rpc error","status":"Unavailable"}
`

test.each([
  ['trtexec', TRTEXEC, { map: { latency: 'latencyMs' }, unit: 'ms' }, '2,0.93,0.92,'],
  ['ghz', GHZ_DETAILS, { map: { latency: 'latency' }, unit: 'ns', where: ['status=OK'] }, '2,0.65,0.39,'],
] as const)('reads the requests of %s in JSON', async (_, text, log, row) => {
  expect((await imported('jsonl', text, { batchSize: 1, log })).lines[1]).toContain(`gpu,1,${row}`)
})

test.each([
  ['ghz', GHZ, { map: { latency: 'duration (ms)' }, unit: 'ms', where: ['status=OK'] }, '2,0.91,0.39,'],
  ['oha', OHA, { map: { latency: 'request-duration' }, unit: 's', where: ['status=200'] }, '1,2.626127,'],
] as const)('reads the requests of %s', async (_, text, log, row) => {
  expect((await imported('log', text, { batchSize: 1, log })).lines[1]).toContain(`gpu,1,${row}`)
})

// AWS, Elastic Load Balancing: "Access logs for your Application Load Balancer", Syntax and Example entries
const ALB_HEADER =
  'type,time,elb,client,target,before,took,after,status,target_status,received,sent,request,agent,cipher,protocol,group,trace,domain,certificate,rule,created,actions,redirect,error,targets,statuses,class,reason,connection'
const ALB = `https 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" 1 2018-07-02T22:22:48.364000Z "authenticate,forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1234abcd5678ef90
http 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 - -1 -1 -1 502 - 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337364-23a8c76965a2ef7629b185e3" "-" "-" 0 2018-07-02T22:22:48.364000Z "forward" "-" "-" "-" "-" "-" "-" TID_1234abcd5678ef90
`

test('reads the access log of a load balancer of AWS', async () => {
  const page = readFileSync(new URL('../../../../docs/import.md', import.meta.url), 'utf8')
  expect(page).toContain(`--delimiter " " --header ${ALB_HEADER} --out `)
  const header = ALB_HEADER.split(',')
  const log = { map: { latency: 'took' }, unit: 's', where: ['status=200'], delimiter: ' ', header } as const
  expect((await imported('log', ALB, { batchSize: 1, log })).lines[1]).toMatch(/^gpu,1,1,48,/)
})

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
