import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedMessage } from '../../../src/serve/protocols/fields.ts'
import { parseRestPath, readRestBatch, restErrorOf } from '../../../src/serve/protocols/rest.ts'

const batchOf = (text: string, jsonLength?: string) => readRestBatch(Buffer.from(text), jsonLength)

describe('the batch of a request over HTTP', () => {
  test.each<[string, number]>([
    ['{"inputs":[{"name":"x","shape":[7,3],"datatype":"FP32","data":[1,2]}]}', 7],
    [' {\n "id" : "a\\"inputs\\\\" , "inputs" : [ { "data" : [[1],[2]] , "shape" : [ 12 ] } ] }', 12],
    ['{"parameters":{"inputs":[{"shape":[1]}]},"inputs":[{"shape":[5]},{"shape":[6]}]}', 5],
    ['{"inputs":[{"parameters":{"shape":[1]},"shape":[2]}]}', 2],
  ])('of %s', (text, batch) => {
    expect(batchOf(text)).toBe(batch)
  })

  test.each([
    '{}',
    '{"inputs":[]}',
    '{"inputs":[{}]}',
    '{"inputs":[{"name":"x"}]}',
    '{"inputs":[{"shape":[]}]}',
  ])('is unknown in %s', (text) => {
    expect(batchOf(text)).toBe(Number.NaN)
  })

  test.each(['', '[', 'x', '{"inputs', '{"inputs":', '{"inputs":[{"shape":[', '{"inputs" [', '<html>'])(
    '%s is not a request',
    (text) => {
      expect(() => batchOf(text)).toThrow(MalformedMessage)
    },
  )

  test('is read from the JSON before binary tensors, whose length must be right', () => {
    const json = '{"inputs":[{"shape":[4]}]}'
    expect(batchOf(`${json}\0\0"}`, String(json.length))).toBe(4)
    expect(() => batchOf(json, '100')).toThrow(MalformedMessage)
    expect(() => batchOf(json, '-1')).toThrow(MalformedMessage)
    expect(() => batchOf(json, '4')).toThrow(MalformedMessage)
  })

  test('agrees with a parser on any JSON', () => {
    const shape = fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 3 })
    const input = fc.record({ data: fc.jsonValue(), shape, more: fc.jsonValue() }, { requiredKeys: [] })
    const request = fc.record({
      id: fc.string(),
      parameters: fc.jsonValue(),
      inputs: fc.array(input, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(request, fc.constantFrom(undefined, 1), (value, space) => {
        const expected = value.inputs[0]?.shape?.[0] ?? Number.NaN
        expect(batchOf(JSON.stringify(value, null, space))).toBe(expected)
      }),
    )
  })

  test('deep nesting costs no stack', () => {
    const deep = `{"x":${'['.repeat(1e6)}${']'.repeat(1e6)},"inputs":[{"shape":[3]}]}`
    expect(batchOf(deep)).toBe(3)
  })
})

test.each<[string, object | undefined]>([
  ['/v2', { kind: 'server', ask: 'metadata' }],
  ['/v2/health/live', { kind: 'server', ask: 'live' }],
  ['/v2/health/ready?x=1', { kind: 'server', ask: 'ready' }],
  ['/v2/models/m', { kind: 'model', ask: 'metadata', model: 'm', version: '' }],
  ['/v2/models/a%20b/infer', { kind: 'model', ask: 'infer', model: 'a b', version: '' }],
  ['/v2/models/m/versions/3/infer', { kind: 'model', ask: 'infer', model: 'm', version: '3' }],
  ['/v2/models/m/versions/3', { kind: 'model', ask: 'metadata', model: 'm', version: '3' }],
  ['HTTP://host:8001/v2/health/live?x=1', { kind: 'server', ask: 'live' }],
  ['http://[::1]:8001/v2/', { kind: 'server', ask: 'metadata' }],
  ['http://host', undefined],
  ['/http://host/v2', undefined],
  ['/v2/models/m/generate', undefined],
  ['/v2/models/%ff/infer', undefined],
  ['/v1/models/m:predict', undefined],
  ['*', undefined],
])('the path %s', (path, question) => {
  expect(parseRestPath(path)).toEqual(question)
})

test.each<[string, string, string | undefined]>([
  ['an error', '{"error":"no \\"m\\" here"}', 'no "m" here'],
  ['an error that is no text', '{"error":{"code":5}}', undefined],
  ['another object', '{"detail":"Not Found"}', undefined],
  ['null', 'null', undefined],
  ['something else than JSON', 'Internal Server Error', undefined],
  ['a very long error', `{"error":"${'x'.repeat(65_536)}"}`, undefined],
])('reads the text of %s', (_what, body, text) => {
  expect(restErrorOf(Buffer.from(body))).toBe(text)
})
