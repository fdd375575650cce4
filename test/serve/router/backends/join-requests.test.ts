/** Which requests of a batch are joined, and with which headers. */
import { expect, test } from 'vitest'
import type { Headers } from '../../../../src/serve/grpc/headers.ts'
import { JSON_LENGTH } from '../../../../src/serve/protocols/rest.ts'
import {
  dividedAnswer,
  joinable,
  joinedRequest,
} from '../../../../src/serve/router/backends/join-requests.ts'
import type { Payload } from '../../../../src/serve/router/job.ts'

const payloadOf = (request: Buffer, more: Partial<Payload> = {}): Payload => ({
  ...{ protocol: 'rest', request, batch: 1 },
  ...more,
})

const listOf = (values: readonly number[]) => ({
  ...{ name: 'x', datatype: 'FP32', shape: [values.length] },
  data: values,
})

const listPayload = (value: number, headers?: Headers) =>
  payloadOf(Buffer.from(JSON.stringify({ inputs: [listOf([value])] })), { headers })

/** The JSON of a message with one binary tensor of FP32, and the whole message. */
function binary(side: 'inputs' | 'outputs', values: readonly number[]) {
  const bytes = Buffer.from(Float32Array.from(values).buffer)
  const tensor = { name: 'x', datatype: 'FP32', shape: [values.length] }
  const sized = { ...tensor, parameters: { binary_data_size: bytes.length } }
  const json = Buffer.from(JSON.stringify({ [side]: [sized] }))
  return { json, message: Buffer.concat([json, bytes]) }
}

const binaryPayload = (values: readonly number[]) => {
  const { json, message } = binary('inputs', values)
  return payloadOf(message, { headers: { [JSON_LENGTH]: String(json.length), tenant: 'a' } })
}

const joined = (...payloads: readonly Payload[]) =>
  joinedRequest(payloads.map((payload) => joinable(payload)!))

const keyOf = (payload: Payload) => joinable(payload)?.key

test('requests are joined whatever their traces, ids and lengths, but not with other headers', () => {
  const plain = keyOf(listPayload(1, { tenant: 'a', accept: '*/*' }))
  expect(plain).toBeDefined()
  const traced = { traceparent: '00-1', 'x-request-id': '7', accept: '*/*', tenant: 'a' }
  expect(keyOf(listPayload(2, traced))).toBe(plain)
  expect(keyOf(listPayload(2, { tenant: 'b', accept: '*/*' }))).not.toBe(plain)
  expect(keyOf(listPayload(2, { accept: '*/*' }))).not.toBe(plain)
  // the lengths of their JSON differ
  expect(keyOf(binaryPayload([1]))).toBe(keyOf(binaryPayload(Array(10).fill(1))))
})

test('a request that no protocol joins, or that cannot be read, is sent alone', () => {
  expect(joinable(payloadOf(Buffer.from('{}'), { protocol: 'scheduler' }))).toBeUndefined()
  expect(joinable(payloadOf(Buffer.from('no JSON')))).toBeUndefined()
})

test('a joined request has the headers that all have alike', () => {
  const headersOf = (request: string): Headers => ({
    tenant: 'a',
    traceparent: '00-1',
    'x-request-id': request,
  })
  const one = joined(listPayload(1, headersOf('r5')), listPayload(1, headersOf('r9')))
  expect(one).toMatchObject({ batch: 2, headers: { tenant: 'a', traceparent: '00-1' } })
  expect(Object.keys(one.headers!).sort()).toEqual(['tenant', 'traceparent'])
})

test('a joined request, and each part of its answer, has the length of its own JSON', () => {
  const payloads = [binaryPayload([1]), binaryPayload(Array(10).fill(2))]
  const one = joined(...payloads)
  const { json, message } = binary('inputs', [1, ...Array(10).fill(2)])
  expect(one.headers).toEqual({ tenant: 'a', [JSON_LENGTH]: String(json.length) })
  expect(one.request).toEqual(message)
  const answer = binary('outputs', [3, ...Array(10).fill(4)])
  const headers = { [JSON_LENGTH]: String(answer.json.length), 'content-type': 'application/octet-stream' }
  const parts = dividedAnswer(
    payloads.map((payload) => joinable(payload)!),
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
    [listPayload(1), listPayload(2)].map((payload) => joinable(payload)!),
    { kind: 'answer', response, headers },
  )!
  expect(parts).toHaveLength(2)
  for (const part of parts) expect(part.headers).toStrictEqual(headers)
})
