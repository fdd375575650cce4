/** The files of the page. */
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { hasFile, readBytes, withFiles } from '../../../src/web/files/open-file.ts'

const filesOf = (text: string) => [{ name: 'a.csv', bytes: new TextEncoder().encode(text) }]

async function readLater(ms: number): Promise<string> {
  await wait(ms)
  return new TextDecoder().decode(await readBytes('a.csv', Infinity))
}

test('two drops at the same time read each its own files', async () => {
  const texts = [
    withFiles(filesOf('first'), () => readLater(20)),
    withFiles(filesOf('second'), () => readLater(1)),
  ]
  expect(await Promise.all(texts)).toEqual(['first', 'second'])
})

test('files are forgotten after they are read, and after they are rejected', async () => {
  const rejected = withFiles(filesOf('wrong'), async () => {
    throw new Error('rejected')
  })
  await expect(rejected).rejects.toThrow('rejected')
  expect(hasFile('a.csv')).toBe(false)
  expect(await withFiles(filesOf('right'), () => readLater(0))).toBe('right')
  expect(hasFile('a.csv')).toBe(false)
})

test('a file that is too long for its reader is refused', async () => {
  const files = [{ name: 'a.csv', bytes: new Uint8Array(2 ** 20 + 1) }]
  const reading = (mostBytes: number) =>
    withFiles(files, async () => (await readBytes('a.csv', mostBytes)).length)
  expect(await reading(2 ** 20 + 1)).toBe(2 ** 20 + 1)
  await expect(reading(2 ** 20)).rejects.toThrow('a.csv: has more than 1 MiB')
})

test('a file that was not added is named, with the cure', async () => {
  const reading = withFiles(filesOf('a'), () => readBytes('mix.csv', Infinity))
  await expect(reading).rejects.toThrow(
    'mix.csv: there is no such file or folder; add it together with the file that names it',
  )
})
