import { once } from 'node:events'
import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { frameOf } from '../../../src/serve/grpc/frame.ts'
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

test('a watch of health holds nothing of its request, however long the name of the service is', async () => {
  const methods = Object.fromEntries(healthMethods(new Map()).methods)
  const { session, bufferedBytes } = await serveMethods(methods)
  const stream = session.request({
    ':method': 'POST',
    ':path': health.Watch.path,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.write(frameOf(health.Watch.requestSerialize({ service: 'a'.repeat(500_000) })))
  await once(stream, 'data')
  await expect.poll(() => bufferedBytes.heldBytes).toBe(0)
  expect(stream.closed).toBe(false)
})
