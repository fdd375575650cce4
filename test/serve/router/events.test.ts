import { expect, onTestFinished, test, vi } from 'vitest'
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
  const both = eventsTo(events, {}, loggedTo(log, 'm'))
  both.answered({} as never)
  both.refused('late')
  both.serverUp('a:1', 't')
  expect(counted).toEqual(['answered', 'refused', 'up'])
  expect(lines).toEqual(['a server can serve'])
  expect(warned.mock.calls).toEqual([['the log of the router failed: Error: no room for answered']])
})
