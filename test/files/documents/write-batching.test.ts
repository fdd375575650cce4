import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { writeBatching } from '../../../src/files/documents/write-batching.ts'
import { scratchFolder } from '../scratch.ts'

const HEAD = 'model: toy # ours\nlatency: t.csv\nmix: m.csv\nqosMs: 12.5\npercentile: 99\n'

function workloadWith(batching: string): string {
  const { write } = scratchFolder()
  write('m.csv', 'batch_size,probability\n10,1\n')
  const rows = ['a', 'b'].flatMap((type) => [`${type},10,9,2,1,3`, `${type},20,9,4,2,6`])
  write('t.csv', ['instance_type,batch_size,samples,mean_ms,p0_ms,p100_ms', ...rows, ''].join('\n'))
  return write('w.yaml', HEAD + batching)
}

test.each([
  ['no section', '', 'batching:\n  maxBatch:\n    a: 20\n'],
  [
    'sizes of types with comments',
    'batching:\n  maxBatch:\n    a: 10 # by hand\n    # b is slow\n    b: 10\n',
    'batching:\n  maxBatch:\n    a: 20 # by hand\n    # b is slow\n    b: 10\n',
  ],
  [
    'aliases',
    'batching:\n  maxBatch:\n    a: &n 10\n    b: *n\n',
    'batching:\n  maxBatch:\n    a: &n 20\n    b: 10\n',
  ],
  ['another type', 'batching: { maxBatch: { b: 10 } }\n', 'batching: { maxBatch: { b: 10, a: 20 } }\n'],
])('a workload in YAML with %s keeps the rest, comments included', async (_what, before, after) => {
  const path = workloadWith(before)
  await writeBatching(path, { a: 20 })
  expect(readFileSync(path, 'utf8')).toBe(HEAD + after)
})

test('a latency table that cannot be read is named, not the workload', async () => {
  const path = workloadWith('')
  writeFileSync(join(dirname(path), 't.csv'), 'instance_type,batch_size,mean_ms,p99_ms\na,10,x,3\n')
  await expect(writeBatching(path, { a: 20 })).rejects.toThrow(/t\.csv line 2: mean_ms: is "x"/)
})
