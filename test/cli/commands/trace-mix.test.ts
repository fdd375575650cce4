import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readMix } from '../../../src/index.ts'
import { kairosHere, temporaryFolder } from '../kairos.ts'

test('the mix of a trace, to a file and to stdout, as a workload reads it', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'trace.csv')
  writeFileSync(file, 'arrival_ms,batch_size\n0,30\n1,10\n2,30\n5,7.5\n')
  const shown = await kairosHere(['trace', 'mix', file])
  expect(shown).toEqual({
    status: 0,
    stdout: 'batch_size,probability\n7.5,0.25\n10,0.25\n30,0.5\n',
    stderr: '3 batch sizes of 4 queries\n',
  })
  const out = join(folder, 'deep', 'mix.csv')
  const written = await kairosHere(['trace', 'mix', file, '--out', out])
  expect(written).toMatchObject({ status: 0, stdout: '' })
  expect(written.stderr).toMatch(/wrote .*mix.csv: 3 batch sizes of 4 queries/)
  expect(await readMix(out)).toEqual({
    batchSizes: Float64Array.of(7.5, 10, 30),
    probabilities: Float64Array.of(0.25, 0.25, 0.5),
  })
})

test('a trace of one query', async () => {
  const file = join(temporaryFolder(), 'trace.csv')
  writeFileSync(file, 'arrival_ms,batch_size\n0,30\n')
  expect(await kairosHere(['trace', 'mix', file])).toMatchObject({ stderr: '1 batch size of 1 query\n' })
})

test('thirds sum to 1 as closely as a mix has to', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'trace.csv')
  const rows = Array.from({ length: 3 * 337 }, (_, i) => `${i},${(i % 337) + 1}`)
  writeFileSync(file, `arrival_ms,batch_size\n${rows.join('\n')}\n`)
  const out = join(folder, 'mix.csv')
  expect(await kairosHere(['trace', 'mix', file, '--out', out, '--quiet'])).toMatchObject({
    status: 0,
    stderr: '',
  })
  expect((await readMix(out)).batchSizes).toHaveLength(337)
})

test('a trace that is none', async () => {
  const { status, stderr } = await kairosHere(['trace', 'mix', join(temporaryFolder(), 'none.csv')])
  expect(status).toBe(2)
  expect(stderr).toMatch(/none.csv: there is no such file/)
})
