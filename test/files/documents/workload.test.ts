import { describe, expect, test } from 'vitest'
import { readWorkload } from '../../../src/files/documents/workload.ts'
import { binProbabilities } from '../../../src/model/workload/workload.ts'
import { type Scratch, scratchFolder } from '../scratch.ts'

const GOOD = { model: 'toy', latency: '../t.csv', mix: 'm.csv', qosMs: 12.5, percentile: 99 }

function toy({ write }: Scratch, workload: object = GOOD): string {
  write('t.csv', 'instance_type,batch_size,samples,mean_ms,p0_ms,p100_ms\na,10,9,2,1,3\na,20,9,4,2,6\n')
  write('in/m.csv', 'batch_size,probability\n5,0.5\n15,0.5\n25,0\n')
  return write('in/w.json', JSON.stringify(workload, undefined, 2))
}

test('a workload and the files it names, from where it lies', async () => {
  const workload = await readWorkload(toy(scratchFolder()))
  expect(workload).toMatchObject({ model: 'toy', qosMs: 12.5, percentile: 99 })
  expect(workload.latency.types).toEqual(['a'])
  expect(workload.mix.batchSizes).toEqual(Float64Array.of(5, 15, 25))
  // a size that does not occur needs no bin
  expect(binProbabilities(workload)).toEqual(Float64Array.of(0.5, 0.5))
})

test('YAML', async () => {
  const scratch = scratchFolder()
  toy(scratch)
  const text = '# ours\nmodel: toy\nlatency: ../t.csv\nmix: m.csv\nqosMs: 12.5\npercentile: 99\n'
  expect(await readWorkload(scratch.write('in/w.yaml', text))).toEqual(
    await readWorkload(scratch.path('in/w.json')),
  )
})

test('a bare name is a shipped workload', async () => {
  expect(await readWorkload('rm2')).toMatchObject({ model: 'rm2', qosMs: 350, percentile: 99 })
})

test('a file that is missing ends the reading: no note comes after the error', async () => {
  const scratch = scratchFolder()
  const path = toy(scratch, { ...GOOD, mix: 'nope.csv' })
  scratch.write('t.csv', 'instance_type,batch_size,mean_ms,p50_ms,p99_ms\na,10,2,2,3\n')
  const seen: string[] = []
  const onNote = () => seen.push('note')
  await readWorkload(path, { onNote }).catch(({ code }) => seen.push(code))
  expect(seen).toEqual(['note', 'NO_FILE'])
  const both = toy(scratch, { ...GOOD, latency: '../gone.csv', mix: 'nope.csv' })
  expect((await scratch.refusal(readWorkload(both))).message).toContain('latency: names')
})

describe('refuses', () => {
  const cases: [object, string][] = [
    [{ ...GOOD, qosMs: 0 }, 'in/w.json line 5: qosMs: is 0; expected a latency target in milliseconds > 0'],
    [
      { ...GOOD, qosMs: '12' },
      'in/w.json line 5: qosMs: is "12"; expected a latency target in milliseconds > 0; write the number without quotes',
    ],
    [
      { ...GOOD, percentile: 49.9 },
      'in/w.json line 6: percentile: is 49.9; expected a percentile from 50 to 100, such as 99',
    ],
    [
      { ...GOOD, percentile: 101 },
      'in/w.json line 6: percentile: is 101; expected a percentile from 50 to 100, such as 99',
    ],
    [{ ...GOOD, model: '' }, 'in/w.json line 2: model: is ""; expected the name of the model, a text'],
    [
      { ...GOOD, mix: undefined },
      'in/w.json line 1: mix: is missing; expected the path of a mix (CSV), relative to this file',
    ],
    [
      { ...GOOD, qosMs: undefined, qosMS: 12 },
      'in/w.json line 6: qosMS: is not a key of this format; did you mean "qosMs"? The keys are model, latency, mix, qosMs, percentile, batching',
    ],
    [
      [GOOD],
      "in/w.json line 1: is [ { model: 'toy', latency: '../t.csv', mix: 'm.csv', qosM...; expected a workload: an object with model, latency, mix, qosMs, percentile, and optionally batching",
    ],
  ]
  test.each(cases)('%j', async (workload, message) => {
    const scratch = scratchFolder()
    expect(await scratch.refusal(readWorkload(toy(scratch, workload)))).toEqual({ code: 'BAD_FILE', message })
  })

  test.each([
    [
      { maxBatch: 15 },
      'BAD_MODEL',
      'in/w.json line 8: batching.maxBatch: is 15, which is no bin of the latency table; give one of its batch sizes, such as 10',
    ],
    [
      { maxBatch: 30 },
      'BAD_MODEL',
      'in/w.json line 8: batching.maxBatch: is 30, beyond the latency table; the largest batch size that was measured is 20',
    ],
    [
      { maxBatch: { gpu: 20, 'g4dn.xlarge': 20 } },
      'BAD_MODEL',
      'in/w.json line 9: batching.maxBatch.gpu: is no instance type of the latency table; the latency table has a',
    ],
    [
      { maxBatch: 0 },
      'BAD_FILE',
      'in/w.json line 8: batching.maxBatch: is 0; expected the largest batch, a batch size of the latency table',
    ],
  ])('batching %j', async (batching, code, message) => {
    const scratch = scratchFolder()
    const error = await scratch.refusal(readWorkload(toy(scratch, { ...GOOD, batching })))
    expect(error).toEqual({ code, message })
  })

  test('a list that holds itself', async () => {
    const { write, refusal } = scratchFolder()
    const { message } = await refusal(readWorkload(write('w.yaml', 'model: &a [*a]\n')))
    expect(message).toContain('w.yaml line 1: model: is <ref *1> [ [Circular *1] ]; expected the name')
  })

  test('numbers that are none, with their line in YAML', async () => {
    const { write, refusal } = scratchFolder()
    const text = 'model: a\nlatency: t.csv\nmix: m.csv\n\nqosMs: .nan\npercentile: 99\n'
    expect((await refusal(readWorkload(write('w.yaml', text)))).message).toBe(
      'w.yaml line 5: qosMs: is NaN; expected a latency target in milliseconds > 0',
    )
  })

  test('a table or a mix that is not there', async () => {
    const scratch = scratchFolder()
    const path = toy(scratch, { ...GOOD, latency: 'gone.csv' })
    expect(await scratch.refusal(readWorkload(path))).toEqual({
      code: 'NO_FILE',
      message:
        'in/w.json line 3: latency: names in/gone.csv: there is no such file or folder; ' +
        'correct the path, which is relative to this file',
    })
  })

  test('a mix beyond the table', async () => {
    const scratch = scratchFolder()
    const path = toy(scratch)
    scratch.write('in/m.csv', 'batch_size,probability\n5,0.5\n25,0.5\n')
    expect(await scratch.refusal(readWorkload(path))).toEqual({
      code: 'BAD_FILE',
      message:
        'in/m.csv line 3: batch_size: is 25, beyond the largest bin 20 of t.csv; measure that size, or leave it out of the mix',
    })
  })

  test('a name that is not shipped', async () => {
    const { refusal } = scratchFolder()
    expect(await refusal(readWorkload('mtwmd'))).toEqual({
      code: 'BAD_USAGE',
      message:
        'there is no shipped workload "mtwmd"; did you mean "mtwnd"? There is dien, mtwnd, ncf, rm2, wnd; or give the path of a file',
    })
    expect((await refusal(readWorkload('a model of mine'))).message).not.toContain('did you mean')
  })
})
