/** Questions of clients to a server of HTTP, of which 64 may wait. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { HttpResult } from '../../../../src/serve/http/client.ts'
import { openRestServer } from '../../../../src/serve/router/backends/rest-server.ts'
import { until } from '../live.ts'

/** A server that answers when it is told. */
async function slowServer() {
  const waiting: ServerResponse[] = []
  const server = createServer((_request, response) => void waiting.push(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const rest = openRestServer(`127.0.0.1:${(server.address() as AddressInfo).port}`, {
    maxMessageBytes: 1_024,
  })
  onTestFinished(() => {
    rest.close()
    server.closeAllConnections()
    server.close()
  })
  const results: (HttpResult | undefined)[] = []
  const ask = () => {
    const nth = results.push(undefined) - 1
    return rest.ask({ method: 'GET', path: '/v2', timeoutMs: 60_000 }, (result) => {
      results[nth] = result
    })
  }
  return { waiting, results, ask }
}

test('a question that is answered or cancelled, or first one and then the other, makes room for one more', async () => {
  const { waiting, results, ask } = await slowServer()
  const questions = Array.from({ length: 64 }, ask)
  await until(() => waiting.length === 64)
  for (const response of waiting.slice(0, 2)) response.end('{}')
  const answered = () => results.flatMap((result, nth) => (result === undefined ? [] : [nth]))
  await until(() => answered().length === 2)
  questions[answered()[0]].cancel()
  const cancelled = waiting[2]
  for (let i = 0; i < 2; i++) ask()
  await until(() => waiting.length === 66)
  ask()
  await until(() => results[66] !== undefined)
  expect(results[66]).toMatchObject({
    ...{ kind: 'error', origin: 'limit' },
    details: 'the server has not answered 64 questions; try again later',
  })
  const closed = once(cancelled, 'close')
  for (const question of questions) question.cancel()
  await closed
  for (let i = 0; i < 62; i++) ask()
  await until(() => waiting.length === 128)
  expect(results.filter((result) => result?.kind === 'error')).toHaveLength(1)
})
