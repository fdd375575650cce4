import { expect, test } from 'vitest'
import { createLostServers } from '../../../src/serve/driver/lost-servers.ts'
import { createVirtualClock } from '../router/virtual.ts'
import { checkerBy } from './checkers.ts'

/** Servers of which none can serve until a time, and what is said of them. */
function lostServersOf(addresses: readonly string[], backAtMs = Infinity) {
  const virtual = createVirtualClock()
  const { clock } = virtual
  const said: string[] = []
  let open = 0
  const lost = createLostServers({
    clock,
    addresses,
    openChecker() {
      open++
      const check = () => Promise.resolve(clock.now() < backAtMs ? 'it is down' : undefined)
      return { ...checkerBy(check), close: () => void open-- }
    },
    onProblem: (server, problem) => void said.push(`${server}: ${problem}`),
    onBack: (server) => void said.push(`${server} is back at ${clock.now()}`),
    onNone: () => void said.push(`none at ${clock.now()}`),
  })
  return { lost, virtual, said, open: () => open }
}

test('the last server that comes back in time ends the wait for one, and is no longer checked', async () => {
  const { lost, virtual, said, open } = lostServersOf(['a:1'], 500)
  lost.add(0)
  expect(lost.has(0)).toBe(true)
  await virtual.runUntil(20_000)
  expect(said.at(0)).toBe('0: it is down')
  expect(said.filter((text) => !text.startsWith('0: '))).toEqual(['0 is back at 600'])
  expect(lost.has(0)).toBe(false)
  expect([open(), virtual.timers]).toEqual([0, 0])
})

test('while all servers are lost, the wait ends two seconds after the last loss', async () => {
  const { lost, virtual, said } = lostServersOf(['a:1', 'b:1'])
  lost.add(0)
  await virtual.runUntil(10_000)
  expect(said).not.toContainEqual(expect.stringMatching(/^none/))
  lost.add(1)
  await virtual.runUntil(20_000)
  expect(said.filter((text) => text.startsWith('none'))).toEqual(['none at 12000'])
})

test('after the end nothing is checked or waited for', async () => {
  const { lost, virtual, said, open } = lostServersOf(['a:1', 'b:1'])
  lost.add(0)
  lost.add(1)
  lost.close()
  await virtual.runUntil(10_000)
  expect([open(), virtual.timers, said]).toEqual([0, 0, []])
})

test.each([
  ['is longer', 0, 400],
  ['is as long', 1, 200],
])(
  'the pause after a second loss %s, where the server has answered %i times',
  async (_what, answers, pauseMs) => {
    const { lost, virtual, said } = lostServersOf(['a:1', 'b:1'], 0)
    const paused = '0: it can serve, and its pause after the loss is not over'
    // answers before the first loss do not count
    lost.answered(0)
    lost.add(0)
    await virtual.runUntil(1_000)
    expect(said.splice(0)).toEqual([paused, '0 is back at 200'])
    for (let i = 0; i < answers; i++) lost.answered(0)
    lost.add(0)
    await virtual.runUntil(2_000)
    expect(said.at(-1)).toBe(`0 is back at ${1_000 + pauseMs}`)
  },
)
