import { type ServiceError, status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { call, connect, describeError } from '../../../src/serve/grpc/connect.ts'
import { health } from '../../../src/serve/protocols/health.ts'

test('a failed call is described on one line', async () => {
  const details = 'No connection established. Last error:\nconnect ECONNREFUSED. Resolution note: '
  const failed = Object.assign(new Error('14'), { code: status.UNAVAILABLE, details }) as ServiceError
  expect(describeError(failed)).toBe(
    'UNAVAILABLE No connection established. Last error: connect ECONNREFUSED',
  )
  const ofItsOwn = Object.assign(new Error('42'), { code: 42, details: 'no sevens' }) as ServiceError
  expect(describeError(ofItsOwn)).toBe('42 no sevens')
  const client = connect('127.0.0.1:1')
  client.close()
  const error = await call(client, health.Check, { service: '' }).catch((thrown: Error) => thrown)
  expect(describeError(error as Error)).toMatch(/closed|shut down/)
})
