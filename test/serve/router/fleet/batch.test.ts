import { expect, test } from 'vitest'
import type { Attempt } from '../../../../src/serve/router/fleet/attempt.ts'
import { endAttempt, isStalled } from '../../../../src/serve/router/fleet/batch.ts'
import { LONGEST_TURN_MS } from '../../../../src/serve/stalls.ts'

test('the last attempt of a batch is the last one whatever the order, and ends once', () => {
  const open: Attempt[] = []
  for (let i = 0; i < 3; i++) open.push({ batch: { open } } as unknown as Attempt)
  const [first, second, third] = open
  expect([second, second, third, first, first].map(endAttempt)).toEqual([false, false, false, true, false])
})

test('a batch says little of its server if stalls may be more than a tenth of its time', () => {
  const batch = { startMs: 1000, stalledMs: 50 }
  const after = (stalledMs: number, tookMs: number) => isStalled(batch, 50 + stalledMs, 1000 + tookMs)
  const tookMs = 10 * (LONGEST_TURN_MS + 30)
  expect(after(30, tookMs)).toBe(false)
  expect(after(30, tookMs - 1)).toBe(true)
  // stalls before its start do not count
  expect(after(0, 1)).toBe(false)
})
