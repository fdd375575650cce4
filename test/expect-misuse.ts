import { expect } from 'vitest'
import { KairosError } from '../src/model/errors.ts'

/** Calls a public function, which must fail with an error of the package that says what to do. */
export async function expectMisuse(call: () => unknown): Promise<KairosError> {
  const error = await Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
  expect(error).toBeInstanceOf(KairosError)
  expect((error as KairosError).cure).not.toBe('')
  return error as KairosError
}
