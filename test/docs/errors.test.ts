import { expect, test } from 'vitest'
import { errorReference } from '../../.config/error-reference.ts'
import { textOf } from './documents.ts'

test('docs/errors.md is what npm run docs:errors writes', () => {
  expect(textOf('docs/errors.md')).toBe(errorReference())
})
