import { expect, test } from 'vitest'
import { type ErrorCode, KairosError } from '../../src/model/errors.ts'
import { outcomeOf, resultOf } from '../../src/queue/outcome.ts'

const failing = (code: ErrorCode) => outcomeOf(() => Promise.reject(new KairosError(code, 'is wrong')))

test('an error of the job itself is its result; one of a machine lets it be tried again', async () => {
  for (const code of ['BAD_USAGE', 'BAD_MODEL', 'TOO_LARGE'] as const) {
    const outcome = await failing(code)
    expect(() => resultOf(outcome)).toThrow(expect.objectContaining({ code, problem: 'is wrong' }))
  }
  for (const code of ['DISK', 'NO_FILE', 'KERNEL', 'QUEUE'] as const) {
    await expect(failing(code)).rejects.toMatchObject({ code })
  }
  expect(resultOf(await outcomeOf(async () => [1]))).toEqual([1])
})
