import { expect, onTestFinished, test, vi } from 'vitest'
import { startStatus } from '../../../src/cli/output/progress.ts'
import {
  interruptedStatus,
  interruptible,
  interruptSignal,
  serverSignals,
  startedUnless,
  stopSignals,
} from '../../../src/cli/output/signals.ts'
import { lineRoom, showing, tell, wantsColor, withoutColor } from '../../../src/cli/output/terminal.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const

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
    const { signal } = serverSignals()
    pretend('SIGHUP')
    expect(signal.aborted).toBe(false)
    pretend('SIGTERM')
    expect(signal.aborted).toBe(true)
  })
})

test('SIGHUP that comes before a server can read its files again is not lost', async () => {
  await apart(() => {
    let times = 0
    const { onHangup } = serverSignals()
    pretend('SIGHUP')
    onHangup(() => times++)
    expect(times).toBe(1)
    pretend('SIGHUP')
    expect(times).toBe(2)
    serverSignals().onHangup(() => times++)
    expect(times).toBe(2)
  })
})

test('the first signal stops work that can end early, and the second one aborts it', async () => {
  await apart(() => {
    const { stop, signal } = stopSignals()
    pretend('SIGTERM')
    expect([stop.aborted, signal.aborted]).toEqual([true, false])
    pretend('SIGINT')
    expect(signal.reason).toMatchObject({ code: 'ABORTED' })
    expect(interruptedStatus()).toBe(130)
  })
})

test('after work that signals interrupt they end the process as before', async () => {
  const listeners = () => SIGNALS.map((name) => process.listenerCount(name))
  const before = listeners()
  for (const work of [() => Promise.resolve(1), () => Promise.reject(new Error('no'))])
    await interruptible(work).catch(() => undefined)
  expect(listeners()).toEqual(before)
})

test('a signal ends the process before and during a start, and not after it', async () => {
  const statuses: unknown[] = []
  const exit = vi.spyOn(process, 'exit').mockImplementation((status) => {
    statuses.push(status)
    return undefined as never
  })
  onTestFinished(() => exit.mockRestore())
  await apart(async () => {
    const started = new AbortController()
    expect(await startedUnless(started.signal, async () => 7)).toBe(7)
    started.abort()
    expect(statuses).toEqual([])
    const hanging = new AbortController()
    const start = startedUnless(hanging.signal, async () => hanging.abort())
    await start
    expect(statuses).toHaveLength(1)
    await startedUnless(hanging.signal, async () => undefined)
    expect(statuses).toHaveLength(2)
  })
})

/** Sets properties of stdout until the end of the test. */
function pretendStdout(properties: { readonly isTTY?: boolean; readonly columns?: number }): void {
  const { isTTY, columns } = process.stdout
  onTestFinished(() => void Object.assign(process.stdout, { isTTY, columns }))
  Object.assign(process.stdout, properties)
}

test.each([
  [true, true, {}, true],
  [true, true, { NO_COLOR: '' }, true],
  [true, true, { NO_COLOR: '1' }, false],
  [true, true, { TERM: 'dumb' }, false],
  [true, false, {}, false],
  [false, true, {}, false],
  [true, false, { FORCE_COLOR: '1' }, true],
  [true, false, { FORCE_COLOR: '3', NO_COLOR: '1', TERM: 'dumb' }, true],
  [true, true, { FORCE_COLOR: '0' }, false],
  [true, true, { FORCE_COLOR: 'false' }, false],
  [false, false, { FORCE_COLOR: '1' }, false],
])(
  'with --color %s, on a terminal %s, and with %j results have colours: %s',
  (flag, isTTY, env, expected) => {
    onTestFinished(() => void vi.unstubAllEnvs())
    for (const [name, value] of Object.entries({ FORCE_COLOR: '', NO_COLOR: '', TERM: 'xterm', ...env }))
      vi.stubEnv(name, value)
    pretendStdout({ isTTY })
    expect(wantsColor(flag)).toBe(expected)
  },
)

test('a terminal that does not know its width has room for any line', () => {
  pretendStdout({ columns: 0 })
  expect(lineRoom(undefined)).toBe(Infinity)
  pretendStdout({ columns: 80 })
  expect(lineRoom(undefined)).toBe(80)
})

test('a saved result has room for any line, whatever the terminal is', () => {
  pretendStdout({ columns: 80 })
  expect(lineRoom('results')).toBe(Infinity)
})

test('what is shown in colours is saved without them', async () => {
  onTestFinished(() => void vi.restoreAllMocks())
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const saved: string[] = []
  for await (const chunk of withoutColor(showing(['\u001b[1mbest\u001b[22m\n', 'rows\n']))) saved.push(chunk)
  expect(write.mock.calls.flat()).toEqual(['\u001b[1mbest\u001b[22m\n', 'rows\n'])
  expect(saved).toEqual(['best\n', 'rows\n'])
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

test('nothing is told where stderr is closed', () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const writable = vi.spyOn(process.stderr, 'writable', 'get').mockReturnValue(false)
  onTestFinished(() => {
    writable.mockRestore()
    write.mockRestore()
  })
  tell(false, 'lost')
  expect(write).not.toHaveBeenCalled()
  writable.mockReturnValue(true)
  tell(false, 'told')
  expect(write.mock.calls).toEqual([['told\n']])
})
