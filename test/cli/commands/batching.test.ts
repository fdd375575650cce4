import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kairosHere, temporaryFolder } from '../kairos.ts'

const COUNTS = ['--counts', 'g4dn.xlarge=4,r5n.large=2']
const SHORT = ['--queries', '200', '--repeats', '1']

test.each([
  ['allocate', ['--top-n', '1']],
  ['search', [...SHORT, '--budget', '0.6']],
  ['capacity', [...COUNTS, ...SHORT]],
  ['replay', [...COUNTS, '--rate', '100', '--queries', '200']],
  ['replay', [...COUNTS, '--rate', '100', '--queries', '200', '--seeds', '1,2']],
])('%s says in its title that servers batch: %j', async (command, args) => {
  const { stdout } = await kairosHere([command, '--model', 'mtwnd', '--max-batch', '500', '--quiet', ...args])
  expect(stdout.split('\n')[0]).toMatch(/99% of queries within 25 ms, in batches of up to 500/)
})

test.each([
  [{ maxBatch: 200 }, ['--no-batching'], undefined],
  [{ batching: false }, ['--max-batch', '500'], { maxBatch: 500 }],
  [{ batching: true }, ['--max-batch', '500'], { maxBatch: 500 }],
])('a flag wins over what a file of flags says of batches: %j %j', async (saved, args, batching) => {
  const file = join(temporaryFolder(), 'config.json')
  writeFileSync(file, JSON.stringify({ model: 'mtwnd', topN: 1, format: 'json', ...saved }))
  const { status, stdout } = await kairosHere(['allocate', '-c', file, ...args])
  expect(status).toBe(0)
  expect(JSON.parse(stdout).workload.batching).toEqual(batching)
})
