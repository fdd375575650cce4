import { expect, test } from 'vitest'
import { type CleanOptions, cleanQueue } from '../../src/queue/status.ts'

/** No server listens there: options are refused before a connection. */
const nowhere = 'redis://127.0.0.1:1'

test.each<[unknown, string]>([
  [null, 'is null'],
  ['', 'is ""'],
  ['3', 'is "3"'],
  [[], 'is '],
  [true, 'is true'],
  [-1, 'is -1'],
  [Number.NaN, 'is NaN'],
  [Infinity, 'is Infinity'],
])('refuses %j as an age', async (olderThanHours, problem) => {
  const options = { olderThanHours } as CleanOptions
  await expect(cleanQueue(nowhere, options)).rejects.toThrow(
    `olderThanHours: ${problem}; a number of hours >= 0 is expected`,
  )
})

test('refuses to remove everything of an age', async () => {
  await expect(cleanQueue(nowhere, { all: true, olderThanHours: 24 })).rejects.toMatchObject({
    code: 'BAD_USAGE',
    message: expect.stringContaining('olderThanHours: is given together with all; leave one of them out'),
  })
})
