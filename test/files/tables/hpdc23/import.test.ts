import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { importHpdc23 } from '../../../../src/files/tables/hpdc23/import.ts'
import type { Progress } from '../../../../src/model/progress.ts'
import { published, scratchFolder } from '../../scratch.ts'
import { excerpt, tarGzOf } from './archives.ts'

const golden = (model: string) => readFileSync(published(`${model}.csv`), 'utf8')

/** What lies beside the measurements in the artifact, and what a desktop leaves there. */
const OTHER = new Map([
  ['data/README.md', 'hello'],
  ['data/r5n.large/._rm2_10_1.json', '\0'],
  ['instance.json', '{}'],
  ['price.csv', 'instance,price'],
])

test('an archive: the rows that were computed independently, byte for byte', async () => {
  const { path, write, list } = scratchFolder()
  const entries = [...excerpt()].map(([name, text]): [string, string] => [`./data/${name}`, text])
  const source = write('m.tar.gz', await tarGzOf([...entries, ...OTHER]))
  const steps: Progress[] = []
  const tables = await importHpdc23(source, path('out'), { onProgress: (step) => steps.push(step) })
  expect(tables).toEqual([
    { model: 'mtwnd', path: path('out/mtwnd.csv'), types: 4, bins: 3 },
    { model: 'rm2', path: path('out/rm2.csv'), types: 4, bins: 3 },
  ])
  for (const { model } of tables) expect(readFileSync(path(`out/${model}.csv`), 'utf8')).toBe(golden(model))
  expect(list()).toEqual(['m.tar.gz', 'out', 'out/mtwnd.csv', 'out/rm2.csv'])
  const { done, total } = steps.at(-1)!
  expect(done).toBe(total)
})

test.each(['.', 'data'])('a folder, given as %s', async (given) => {
  const { path, write } = scratchFolder()
  for (const [name, text] of excerpt()) write(`in/data/${name}`, text)
  for (const [name, text] of OTHER) write(`in/${name}`, text)
  const steps: Progress[] = []
  await importHpdc23(path(`in/${given}`), path('out'), { onProgress: (step) => steps.push(step) })
  for (const model of ['rm2', 'mtwnd'])
    expect(readFileSync(path(`out/${model}.csv`), 'utf8')).toBe(golden(model))
  expect(steps.at(-1)).toEqual({ done: 48, total: 48 })
  expect(steps).toHaveLength(48)
})

test('measurements that begin with a byte order mark, and have line ends of Windows', async () => {
  const { path, write } = scratchFolder()
  for (const [name, text] of excerpt()) write(`in/data/${name}`, `\ufeff${text.replaceAll(',', ',\r\n')}\r\n`)
  await importHpdc23(path('in'), path('out'))
  for (const model of ['rm2', 'mtwnd'])
    expect(readFileSync(path(`out/${model}.csv`), 'utf8')).toBe(golden(model))
})

test('types that were not published come last, by name', async () => {
  const { path, write } = scratchFolder()
  const times = JSON.stringify(Array.from({ length: 10 }, (_, i) => i + 1))
  for (const type of ['z1', 'a1', 't3.xlarge']) {
    write(`in/${type}/toy_8_1.json`, times)
    write(`in/logs_load/${type}/toy_8_1.json`, times)
  }
  await importHpdc23(path('in'), path('out'))
  const [, ...rows] = readFileSync(path('out/toy.csv'), 'utf8').trim().split('\n')
  expect(rows.map((row) => row.split(',')[0])).toEqual(['t3.xlarge', 'a1', 'z1'])
  // 2, 4, … 18: the 20 is dropped
  expect(rows[1]).toBe(
    'a1,8,9,10.0000,2.000,2.160,2.800,3.600,6.000,10.000,14.000,16.400,17.200,17.840,18.000',
  )
})

describe('refuses, and writes nothing', () => {
  const rm2 = 'r5n.large/rm2_70_1.json'
  const times = excerpt().get(rm2)!
  const cases: [string, (files: Map<string, string>) => void, string][] = [
    [
      'a missing inference time',
      (files) => files.delete(rm2),
      'in: r5n.large/rm2_70_1.json: is missing; expected every type for every model and batch size, the same below logs_load/',
    ],
    [
      'a missing load time',
      (files) => files.delete(`logs_load/${rm2}`),
      'in: logs_load/r5n.large/rm2_70_1.json: is missing; expected every type for every model and batch size, the same below logs_load/',
    ],
    [
      'broken JSON',
      (files) => files.set(rm2, times.slice(0, 50)),
      'in: r5n.large/rm2_70_1.json: is not JSON: ',
    ],
    [
      'no list',
      (files) => files.set(rm2, '{"a":1}'),
      'in: r5n.large/rm2_70_1.json: is not a list; expected a list of times in ms',
    ],
    [
      'too few samples',
      (files) => files.set(rm2, '[1,2,3]'),
      'in: r5n.large/rm2_70_1.json: has 3 samples; expected 10 or more',
    ],
    [
      'NaN',
      (files) => files.set(rm2, times.replace(/\d+\.\d+/, 'NaN')),
      'in: r5n.large/rm2_70_1.json: is not JSON: ',
    ],
    [
      'null',
      (files) => files.set(rm2, times.replace(/\d+\.\d+/, 'null')),
      'in: r5n.large/rm2_70_1.json: sample 1 is null; expected a number of milliseconds > 0',
    ],
    [
      'a number beyond all numbers',
      (files) => files.set(rm2, times.replace(/\d+\.\d+/, '1e999')),
      'in: r5n.large/rm2_70_1.json: sample 1 is Infinity; expected a number of milliseconds > 0',
    ],
    [
      'an inference that takes no time',
      (files) => files.set(rm2, times.replace(/\d+\.\d+/, '0')),
      'in: r5n.large/rm2_70_1.json: sample 1 is 0; expected a number of milliseconds > 0',
    ],
    [
      'a negative load time',
      (files) => files.set(`logs_load/${rm2}`, times.replace(/\d+\.\d+/, '-1')),
      'in: logs_load/r5n.large/rm2_70_1.json: sample 1 is -1; expected a number of milliseconds >= 0',
    ],
    [
      'one sample less',
      (files) => files.set(rm2, times.replace(/\d+\.\d+,/, '')),
      'in: r5n.large/rm2_70_1.json: has 99 samples, but 100 below logs_load/; they are added position by position: expected as many',
    ],
    [
      'a measurement in two places',
      (files) => files.set(`z/${rm2}`, times),
      'in: z/r5n.large/rm2_70_1.json: r5n.large/rm2_70_1.json is there twice; keep one of them',
    ],
    [
      'no measurement',
      (files) => files.clear(),
      'in: holds no measurement; expected <type>/<model>_<batch>_1.json, and the same below logs_load/',
    ],
  ]
  test.each(cases)('%s', async (_name, change, message) => {
    const { path, write, refusal, list } = scratchFolder()
    const files = excerpt()
    change(files)
    write('in/readme', '')
    for (const [name, text] of files) write(`in/${name}`, text)
    const before = list()
    const error = await refusal(importHpdc23(path('in'), path('out')))
    expect(error.code).toBe('BAD_ARCHIVE')
    expect(error.message.startsWith(message)).toBe(true)
    expect(list()).toEqual(before)
  })

  test('a source that is not there', async () => {
    const { path, refusal, list } = scratchFolder()
    expect(await refusal(importHpdc23(path('gone'), path('out')))).toEqual({
      code: 'NO_FILE',
      message: 'gone: there is no such file or folder; check the path',
    })
    expect(list()).toEqual([])
  })

  test.each(['folder', 'archive'])('when the caller ends it: a %s', async (kind) => {
    const { path, write } = scratchFolder()
    for (const [name, text] of excerpt()) write(`in/${name}`, text)
    const source = kind === 'folder' ? path('in') : write('m.tar.gz', await tarGzOf(excerpt()))
    const caller = new AbortController()
    const options = { signal: caller.signal, onProgress: () => caller.abort() }
    await expect(importHpdc23(source, path('out'), options)).rejects.toMatchObject({ name: 'AbortError' })
    await expect(importHpdc23(source, path('out'), options)).rejects.toMatchObject({ name: 'AbortError' })
  })
})
