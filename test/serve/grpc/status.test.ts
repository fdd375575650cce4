import { status as ofGrpcJs } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { describeError, status } from '../../../src/serve/grpc/status.ts'

test('the statuses are those of grpc-js', () => {
  const names = Object.entries(ofGrpcJs).filter(([, code]) => typeof code === 'number')
  expect(status).toEqual(Object.fromEntries(names))
})

test('a failed call is described on one line', () => {
  const details = 'no connection:\nconnect ECONNREFUSED '
  expect(describeError({ code: status.UNAVAILABLE, details })).toBe(
    'UNAVAILABLE no connection: connect ECONNREFUSED',
  )
  expect(describeError({ code: 42, details: 'no sevens' })).toBe('42 no sevens')
  expect(describeError({ code: status.UNKNOWN, details: '' })).toBe('UNKNOWN')
})
