import { expect, test } from 'vitest'
import { warnOfOverhead } from '../../../src/serve/router/overhead.ts'

/** What is warned of when the way through the router takes this time. */
async function warnings(measured: Promise<number>, isStopped: boolean): Promise<string[]> {
  const told: string[] = []
  const watching = warnOfOverhead(
    5,
    (advice) => told.push(advice),
    () => measured,
  )
  if (isStopped) watching.stop()
  await measured.catch(() => undefined)
  // an unhandled rejection would end this process
  await new Promise(setImmediate)
  watching.stop()
  return told
}

test('warns of a long way through the router, unless it has stopped', async () => {
  expect(await warnings(Promise.resolve(3), false)).toEqual([
    expect.stringMatching(/^the way through the router takes 3\.00 ms of a target of 5 ms/),
  ])
  expect(await warnings(Promise.resolve(3), true)).toEqual([])
})

test('goes on where the way cannot be measured', async () => {
  expect(await warnings(Promise.reject(new Error('no free port')), false)).toEqual([])
})
