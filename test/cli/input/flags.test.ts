import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SHIPPED_MODELS } from '../../../src/cli/input/flags.ts'
import { DEFAULT_MODEL } from '../../../src/cli/input/question.ts'
import { shippedPath } from '../../../src/files/io/shipped.ts'

// a help reads no folder, so the names are written out
test('the flag --model names every shipped workload, the default first', () => {
  const files = readdirSync(shippedPath('workloads'))
  expect(SHIPPED_MODELS.map((name) => `${name}.json`).sort()).toEqual(files.sort())
  expect(SHIPPED_MODELS[0]).toBe(DEFAULT_MODEL)
})
