import { expect, test } from 'vitest'
import { connectionProblem } from '../../../../src/serve/grpc/client/session.ts'

test('a connection for which there is no descriptor is told with the cure', () => {
  const error = Object.assign(new Error('connect EMFILE 127.0.0.1:1'), { code: 'EMFILE' })
  expect(connectionProblem(error)).toBe(
    'connect EMFILE 127.0.0.1:1: too many files are open; raise their limit (ulimit -n)',
  )
})

test('of a name with several addresses each has its message before the cure', () => {
  const errors = ['connect EMFILE ::1:1', 'connect EMFILE 127.0.0.1:1'].map((message) => new Error(message))
  const error = Object.assign(new AggregateError(errors), { code: 'EMFILE' })
  expect(connectionProblem(error)).toBe(
    'connect EMFILE 127.0.0.1:1, connect EMFILE ::1:1: too many files are open; raise their limit (ulimit -n)',
  )
})
