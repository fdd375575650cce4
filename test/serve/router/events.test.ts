import { expect, onTestFinished, test, vi } from 'vitest'
import { realClock } from '../../../src/serve/clock.ts'
import { createEventLog, eventsTo, guardedLog } from '../../../src/serve/router/events.ts'
import { createVirtualClock } from './virtual.ts'

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
  const both = eventsTo(events, {}, createEventLog(log, realClock).listener('m'))
  both.answered({} as never)
  both.refused('late')
  both.serverUp('a:1', 't')
  expect(counted).toEqual(['answered', 'refused', 'up'])
  expect(lines).toEqual(['a server can serve'])
  expect(warned.mock.calls).toEqual([['the log of the router failed: Error: no room for answered']])
})

test('failed requests of one server and cause have a line in ten seconds, with their number', async () => {
  const virtual = createVirtualClock()
  const { clock, runUntil } = virtual
  const timers = () => virtual.timers
  const lines: unknown[] = []
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: ({ model, address, code, requests, cause }: Record<string, unknown>) =>
      lines.push([model, address, code, requests, cause]),
  }
  const { listener, stop } = createEventLog(log, clock)
  const fail = (model: string, address: string, code: string, cause: string) =>
    listener(model).retried?.(address, code, cause)
  for (let i = 0; i < 5; i++) fail('m', 'a:1', 'INTERNAL', 'an error')
  fail('m', 'a:1', 'UNAVAILABLE', 'an error')
  fail('m', 'a:1', 'INTERNAL', 'no reply')
  fail('m', 'b:1', 'INTERNAL', 'an error')
  fail('other', 'a:1', 'INTERNAL', 'an error')
  expect(lines.splice(0)).toEqual([
    ['m', 'a:1', 'INTERNAL', 1, 'an error'],
    ['m', 'a:1', 'UNAVAILABLE', 1, 'an error'],
    ['m', 'a:1', 'INTERNAL', 1, 'no reply'],
    ['m', 'b:1', 'INTERNAL', 1, 'an error'],
    ['other', 'a:1', 'INTERNAL', 1, 'an error'],
  ])
  await runUntil(9_999)
  fail('m', 'a:1', 'INTERNAL', 'an error')
  expect(lines).toEqual([])
  // the last failures are told although none follows
  await runUntil(10_000)
  expect(lines.splice(0)).toEqual([['m', 'a:1', 'INTERNAL', 5, 'an error']])
  await runUntil(20_000)
  // nothing is kept of a cause that has not come again
  expect(timers()).toBe(0)
  fail('m', 'a:1', 'INTERNAL', 'an error')
  expect(lines.splice(0)).toEqual([['m', 'a:1', 'INTERNAL', 1, 'an error']])
  fail('m', 'a:1', 'INTERNAL', 'an error')
  stop()
  expect(lines.splice(0)).toEqual([['m', 'a:1', 'INTERNAL', 1, 'an error']])
  fail('m', 'b:1', 'INTERNAL', 'an error')
  expect([lines, timers()]).toEqual([[], 0])
})

test('replies that differ each time are one cause; a line speaks of as many requests as it counts', () => {
  const lines: unknown[] = []
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields: object, message: string) => lines.push([fields, message]),
  }
  const { listener, stop } = createEventLog(log, createVirtualClock().clock)
  const fail = (cause: string, details?: string) => {
    listener('m').retried?.('a:1', 'INTERNAL', cause, details)
  }
  for (let i = 0; i < 100; i++) fail('its reply is invalid', `its content type is text: ${i}`)
  fail('it did not reply in time')
  stop()
  const fields = { model: 'm', address: 'a:1', code: 'INTERNAL' }
  const cause = 'its reply is invalid'
  expect(lines).toEqual([
    [
      { ...fields, cause, details: 'its content type is text: 0', requests: 1 },
      'a request failed on a server and is tried again: its reply is invalid: its content type is text: 0',
    ],
    [
      { ...fields, cause: 'it did not reply in time', requests: 1 },
      'a request failed on a server and is tried again: it did not reply in time',
    ],
    [
      { ...fields, cause, details: 'its content type is text: 99', requests: 99 },
      'requests failed on a server and are tried again: its reply is invalid: its content type is text: 99',
    ],
  ])
})

test('each change of a server has a line, and what is wrong with one a warning', () => {
  const lines: unknown[] = []
  const at = (level: string) => (fields: object, message: string) => lines.push([level, message, fields])
  const log = { debug: at('debug'), info: at('info'), warn: at('warn') }
  const listener = createEventLog(log, createVirtualClock().clock).listener('m')
  listener.serverNotReady?.('a:1', 'no answer')
  listener.serverUp?.('a:1', 't')
  listener.ejected?.('a:1', 'slow', 'takes 9.0 times as long')
  listener.serverRemoved?.('a:1')
  listener.joinLimitLowered?.('a:1', 7, 4, 'INTERNAL')
  listener.joinLimitLowered?.('a:1', 0, 0, undefined)
  const server = { model: 'm', address: 'a:1' }
  const refused = 'a server refuses joined requests: some requests to it are joined only up to 7 items'
  const shape = 'the first dimension of each output must be the sum of theirs, and its contents must fit'
  const undivided = `answers of a server to joined requests cannot be divided (${shape})`
  expect(lines).toEqual([
    ['warn', 'a server cannot serve yet', { ...server, details: 'no answer' }],
    ['info', 'a server can serve', { ...server, type: 't' }],
    ['warn', 'a server is taken out', { ...server, reason: 'slow', details: 'takes 9.0 times as long' }],
    ['info', 'a server has left the fleet', server],
    ['warn', `${refused}; a maxBatch of 4 fits it`, { ...server, most: 7, code: 'INTERNAL' }],
    [
      'warn',
      `${undivided}: some requests to it are not joined; if none are joined, give it "batching": "parallel"`,
      { ...server, most: 0 },
    ],
  ])
})
