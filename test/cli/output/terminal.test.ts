import { expect, onTestFinished, test, vi } from 'vitest'
import { startStatus } from '../../../src/cli/output/progress.ts'
import {
  interruptedStatus,
  interruptible,
  interruptSignal,
  interruptSignalOfServer,
} from '../../../src/cli/output/signals.ts'
import { tell } from '../../../src/cli/output/terminal.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Calls what listens to a signal, without one. */
function pretend(signal: NodeJS.Signals): void {
  process.emit(signal, signal)
}

/** Runs work, and removes the listeners to signals that it leaves. */
async function apart(work: () => Promise<void> | void): Promise<void> {
  const before = SIGNALS.map((name) => process.listeners(name))
  try {
    await work()
  } finally {
    for (const [i, name] of SIGNALS.entries()) {
      for (const listener of process.listeners(name)) {
        if (!before[i].includes(listener)) process.off(name, listener)
      }
    }
  }
}

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
] as const)('%s interrupts work, and the exit status is %d', async (name, status) => {
  await apart(async () => {
    const signal = interruptSignal()
    pretend(name)
    expect(signal.reason).toMatchObject({ code: 'ABORTED' })
    expect(interruptedStatus()).toBe(status)
    await interruptible(async (inner) => {
      pretend(name)
      expect(inner.aborted).toBe(true)
    })
  })
})

test('SIGHUP does not interrupt a server that reads its files again', async () => {
  await apart(() => {
    const before = process.listenerCount('SIGHUP')
    const signal = interruptSignalOfServer()
    expect(process.listenerCount('SIGHUP')).toBe(before)
    pretend('SIGTERM')
    expect(signal.aborted).toBe(true)
  })
})

test.each([
  ['xterm', true],
  ['dumb', false],
])('with TERM=%s a status line is overwritten: %s', (term, expected) => {
  onTestFinished(() => void vi.unstubAllEnvs())
  onTestFinished(() => void vi.restoreAllMocks())
  vi.stubEnv('TERM', term)
  const { isTTY } = process.stderr
  onTestFinished(() => void Object.assign(process.stderr, { isTTY }))
  Object.assign(process.stderr, { isTTY: true })
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const status = startStatus(false)
  status.show('half done')
  status.stop()
  expect(write.mock.calls.length > 0).toBe(expected)
})

test('a remark with the words of a server or the name of a file does not control the terminal', () => {
  onTestFinished(() => void vi.restoreAllMocks())
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  tell(false, 'gpu:1: \u001b]0;mine\u0007 refused')
  expect(write.mock.calls).toEqual([['gpu:1: \\x1b]0;mine\\x07 refused\n']])
})
