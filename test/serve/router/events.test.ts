import { expect, onTestFinished, test, vi } from 'vitest'
import { realClock } from '../../../src/serve/clock.ts'
import { eventsTo, guardedLog, loggedTo } from '../../../src/serve/router/events.ts'

test('what a log throws reaches no request, and the process warns once', () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  onTestFinished(() => warned.mockRestore())
  const lines: string[] = []
  const log = guardedLog({
    debug(_fields, message) {
      throw new Error(`no room for ${message}`)
    },
    info: (_fields, message) => lines.push(message),
    warn: (_fields, message) => lines.push(message),
  })
  const counted: string[] = []
  const events = {
    answered: () => counted.push('answered'),
    refused: () => counted.push('refused'),
    serverUp: () => counted.push('up'),
  }
  const both = eventsTo(events, {}, loggedTo(log, 'm', realClock))
  both.answered({} as never)
  both.refused('late')
  both.serverUp('a:1', 't')
  expect(counted).toEqual(['answered', 'refused', 'up'])
  expect(lines).toEqual(['a server can serve'])
  expect(warned.mock.calls).toEqual([['the log of the router failed: Error: no room for answered']])
})

test('failed requests of one server and cause have a line in ten seconds, with their number', () => {
  let nowMs = 0
  const lines: unknown[] = []
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: ({ address, code, requests }: Record<string, unknown>) => lines.push([address, code, requests]),
  }
  const clock = { now: () => nowMs, stalledMs: () => 0, after: () => ({ cancel: () => undefined }) }
  const { retried, serverRemoved } = eventsTo({}, loggedTo(log, 'm', clock))
  for (let i = 0; i < 5; i++) retried('a:1', 'INTERNAL', 'it answered with an error')
  retried('a:1', 'UNAVAILABLE', 'its connection failed')
  retried('b:1', 'INTERNAL', 'it answered with an error')
  expect(lines.splice(0)).toEqual([
    ['a:1', 'INTERNAL', 1],
    ['a:1', 'UNAVAILABLE', 1],
    ['b:1', 'INTERNAL', 1],
  ])
  nowMs = 9_999
  retried('a:1', 'INTERNAL', 'it answered with an error')
  expect(lines).toEqual([])
  nowMs = 10_000
  retried('a:1', 'INTERNAL', 'it answered with an error')
  // a server that returns to the fleet is a new one
  serverRemoved('a:1')
  retried('a:1', 'INTERNAL', 'it answered with an error')
  expect(lines).toEqual([
    ['a:1', 'INTERNAL', 6],
    ['a:1', 'INTERNAL', 1],
  ])
})
