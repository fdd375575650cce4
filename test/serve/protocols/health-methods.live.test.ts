import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { health } from '../../../src/serve/protocols/health.ts'
import { healthMethods } from '../../../src/serve/protocols/health-methods.ts'
import { requestRaw, serveMethods } from '../grpc/grpc-server.ts'

test('a watch of health takes one message', async () => {
  const { session } = await serveMethods(Object.fromEntries(healthMethods(new Map()).methods))
  const { trailers } = await requestRaw(session, { ':path': health.Watch.path }, [
    Buffer.alloc(10),
    undefined,
  ])
  expect(trailers).toMatchObject({ 'grpc-status': String(status.UNIMPLEMENTED) })
})
