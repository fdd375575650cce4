import { expect, test } from 'vitest'
import { createFailedHandshakes } from '../../../src/serve/router/failed-handshakes.ts'
import { createVirtualClock } from './virtual.ts'

test('a flood of failed handshakes is a line a minute for each reason, with their number', async () => {
  const { clock, runUntil } = createVirtualClock()
  const lines: object[] = []
  let counted = 0
  const count = () => void counted++
  const handshakes = createFailedHandshakes(clock, count, { warn: (fields) => lines.push(fields) })
  for (let i = 0; i < 1_000; i++) {
    handshakes.add({ reason: 'closed', details: `${i}` })
    if (i === 500) handshakes.add({ reason: 'tls' })
    await runUntil(i * 70)
  }
  expect(lines).toEqual([
    { reason: 'closed', clients: 1, details: '0' },
    { reason: 'tls', clients: 1, details: undefined },
    { reason: 'closed', clients: 858, details: '858' },
  ])
  await runUntil(1e6)
  expect(lines.slice(3)).toEqual([{ reason: 'closed', clients: 141, details: '999' }])
  expect(counted).toBe(1_001)
  // the next one after a quiet minute is said at once
  handshakes.add({ reason: 'tls' })
  expect(lines).toHaveLength(5)
  handshakes.add({ reason: 'tls' })
  handshakes.stop()
  expect(lines).toHaveLength(6)
  // a timer of a minute would keep the process alive
  handshakes.add({ reason: 'closed' })
  await runUntil(2e6)
  expect(lines).toHaveLength(6)
  expect(counted).toBe(1_003)
})
