import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../cli/kairos.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Width and height of a PNG. */
function sizeOf(file: string): [number, number] {
  const bytes = readFileSync(file)
  expect(bytes.subarray(1, 4).toString()).toBe('PNG')
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
}

test('npm run screenshot makes the picture of README.md', async () => {
  const file = join(temporaryFolder(), 'planner.png')
  await promisify(execFile)('npm', ['run', '--silent', 'screenshot', '--', file], { cwd: ROOT })
  expect(sizeOf(file)).toEqual([1500, 1040])
  expect(sizeOf(join(ROOT, 'docs/planner.png'))).toEqual([1500, 1040])
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('](docs/planner.png)')
})
