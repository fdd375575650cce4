import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { describeError } from '../../../src/serve/grpc/status.ts'

test('a failed call is described on one line', () => {
  const details = 'no connection:\nconnect ECONNREFUSED '
  expect(describeError({ code: status.UNAVAILABLE, details })).toBe(
    'UNAVAILABLE no connection: connect ECONNREFUSED',
  )
  expect(describeError({ code: 42 as status, details: 'no sevens' })).toBe('42 no sevens')
})
