import { expect, test } from 'vitest'
import { restHeaders } from '../../../../src/serve/router/backends/rest-server.ts'

const JSON_TYPE = 'application/json'

test('an answer without a body gets no type that its server did not give', () => {
  const [empty, body] = [Buffer.alloc(0), Buffer.from('{}')]
  expect(restHeaders({ headers: {}, body: empty })).toEqual({})
  expect(restHeaders({ headers: { 'content-type': 'text/plain' }, body: empty })).toEqual({
    'content-type': 'text/plain',
  })
  expect(restHeaders({ headers: {}, body })).toEqual({ 'content-type': JSON_TYPE })
})
