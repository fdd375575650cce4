/** Which requests of a batch are joined, and with which headers. */
import { expect, test } from 'vitest'
import type { Headers } from '../../../../src/serve/grpc/headers.ts'
import { JSON_LENGTH } from '../../../../src/serve/protocols/rest.ts'
import { dividedAnswer, joinable, joinedJob } from '../../../../src/serve/router/backends/join-requests.ts'
import type { Job } from '../../../../src/serve/router/job.ts'

const jobOf = (request: Buffer, more: Partial<Job> = {}): Job => ({
  ...{ protocol: 'rest', request, batch: 1, arrivalMs: 0, deadlineMs: Infinity },
  settle: () => undefined,
  ...more,
})

const listOf = (values: readonly number[]) => ({
  ...{ name: 'x', datatype: 'FP32', shape: [values.length] },
  data: values,
})

const listJob = (value: number, headers?: Headers, deadlineMs = Infinity) =>
  jobOf(Buffer.from(JSON.stringify({ inputs: [listOf([value])] })), { headers, deadlineMs })

/** The JSON of a message with one binary tensor of FP32, and the whole message. */
function binary(side: 'inputs' | 'outputs', values: readonly number[]) {
  const bytes = Buffer.from(Float32Array.from(values).buffer)
  const tensor = { name: 'x', datatype: 'FP32', shape: [values.length] }
  const sized = { ...tensor, parameters: { binary_data_size: bytes.length } }
  const json = Buffer.from(JSON.stringify({ [side]: [sized] }))
  return { json, message: Buffer.concat([json, bytes]) }
}

const binaryJob = (values: readonly number[]) => {
  const { json, message } = binary('inputs', values)
  return jobOf(message, { headers: { [JSON_LENGTH]: String(json.length), tenant: 'a' } })
}

const joined = (...jobs: readonly Job[]) => joinedJob(jobs.map((job) => joinable(job)!))

const keyOf = (job: Job) => joinable(job)?.key

test('requests are joined whatever their traces, ids and lengths, but not with other headers', () => {
  const plain = keyOf(listJob(1, { tenant: 'a', accept: '*/*' }))
  expect(plain).toBeDefined()
  const traced = { traceparent: '00-1', 'x-request-id': '7', accept: '*/*', tenant: 'a' }
  expect(keyOf(listJob(2, traced))).toBe(plain)
  expect(keyOf(listJob(2, { tenant: 'b', accept: '*/*' }))).not.toBe(plain)
  expect(keyOf(listJob(2, { accept: '*/*' }))).not.toBe(plain)
  // the lengths of their JSON differ
  expect(keyOf(binaryJob([1]))).toBe(keyOf(binaryJob(Array(10).fill(1))))
})

test('a request that no protocol joins, or that cannot be read, is sent alone', () => {
  expect(joinable(jobOf(Buffer.from('{}'), { protocol: 'scheduler' }))).toBeUndefined()
  expect(joinable(jobOf(Buffer.from('no JSON')))).toBeUndefined()
})

test('a joined request has the headers that all have alike, and the latest deadline', () => {
  const headersOf = (request: string): Headers => ({
    tenant: 'a',
    traceparent: '00-1',
    'x-request-id': request,
  })
  for (const deadlines of [
    [5, 9],
    [9, 5],
  ]) {
    const job = joined(...deadlines.map((deadline) => listJob(1, headersOf(`r${deadline}`), deadline)))
    expect(job).toMatchObject({ batch: 2, deadlineMs: 9, headers: { tenant: 'a', traceparent: '00-1' } })
    expect(Object.keys(job.headers!).sort()).toEqual(['tenant', 'traceparent'])
  }
})

test('a joined request, and each part of its answer, has the length of its own JSON', () => {
  const jobs = [binaryJob([1]), binaryJob(Array(10).fill(2))]
  const job = joined(...jobs)
  const { json, message } = binary('inputs', [1, ...Array(10).fill(2)])
  expect(job.headers).toEqual({ tenant: 'a', [JSON_LENGTH]: String(json.length) })
  expect(job.request).toEqual(message)
  const answer = binary('outputs', [3, ...Array(10).fill(4)])
  const headers = { [JSON_LENGTH]: String(answer.json.length), 'content-type': 'application/octet-stream' }
  const parts = dividedAnswer(
    jobs.map((one) => joinable(one)!),
    { kind: 'answer', response: answer.message, headers },
  )!
  for (const [i, values] of [[3], Array(10).fill(4)].entries()) {
    const own = binary('outputs', values)
    expect(parts[i].response).toEqual(own.message)
    expect(parts[i].headers).toEqual({ ...headers, [JSON_LENGTH]: String(own.json.length) })
  }
})

test('an answer without binary tensors has no length of its JSON', () => {
  const response = Buffer.from(JSON.stringify({ outputs: [listOf([3, 4])] }))
  const headers = { 'content-type': 'application/json' }
  const parts = dividedAnswer(
    [listJob(1), listJob(2)].map((job) => joinable(job)!),
    { kind: 'answer', response, headers },
  )!
  expect(parts).toHaveLength(2)
  for (const part of parts) expect(part.headers).toStrictEqual(headers)
})
