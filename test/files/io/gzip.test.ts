import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { readCsv } from '../../../src/files/io/csv.ts'
import { unpacked } from '../../../src/files/io/gzip.ts'
import { linesOf, openText } from '../../../src/files/io/lines.ts'
import { openFile, readBytes } from '../../../src/files/io/open-file.ts'
import { readText } from '../../../src/files/io/text.ts'
import { scratchFolder } from '../scratch.ts'

const LINES = Array.from({ length: 100_000 }, (_, i) => `${i},${(i * 7919) % 997}`)
const PACKED = gzipSync(LINES.join('\n'))

async function linesIn(file: string): Promise<string[]> {
  const lines: string[] = []
  for await (const line of linesOf(openText(file), file)) lines.push(line)
  return lines
}

async function contentOf(chunks: readonly Buffer[]): Promise<string> {
  async function* each(): AsyncGenerator<Buffer> {
    yield* chunks
  }
  const content: Buffer[] = []
  for await (const chunk of unpacked(each(), 'a')) content.push(chunk)
  return Buffer.concat(content).toString()
}

test('the lines of a packed file are those of the file', async () => {
  const { write } = scratchFolder()
  expect(await linesIn(write('a.csv.gz', PACKED))).toEqual(LINES)
})

test('a small file is unpacked as a whole', async () => {
  const { write } = scratchFolder()
  expect(await readText(write('a.gz', gzipSync('text')), 100)).toBe('text')
})

test('members that stand one after the other are one text', async () => {
  expect(await contentOf([Buffer.concat(['one ', 'two ', 'three'].map((text) => gzipSync(text)))])).toBe(
    'one two three',
  )
})

test('a pipe may deliver one byte at a time', async () => {
  expect(await contentOf(Array.from(gzipSync('text'), (byte) => Buffer.of(byte)))).toBe('text')
})

test.each([[[]], [['a']], [['a', 'bc']], [['\x1f']]])('bytes that are not packed stay: %j', async (texts) => {
  expect(await contentOf(texts.map((text) => Buffer.from(text)))).toBe(texts.join(''))
})

test('a file of bytes is not unpacked', async () => {
  const { write } = scratchFolder()
  expect(PACKED.equals(await readBytes(write('a.gz', PACKED), 1 << 20))).toBe(true)
})

const damaged = Buffer.from(PACKED)
damaged[PACKED.length - 8] ^= 1

test.each([
  ['cut', PACKED.subarray(0, -9), 'and was cut; was it written to the end? Copy it again'],
  [
    'cut in its second member',
    Buffer.concat([gzipSync('a\n'), PACKED.subarray(0, 100)]),
    'and was cut; was it written to the end? Copy it again',
  ],
  ['damaged', damaged, 'and damaged: incorrect data check; copy it again; gzip -t tests it'],
])('a packed file that is %s is refused', async (_name, bytes, problem) => {
  const { write, refusal } = scratchFolder()
  const file = write('a.gz', bytes)
  const message = `a.gz: is packed by gzip, ${problem}`
  expect(await refusal(linesIn(file))).toEqual({ code: 'BAD_FILE', message })
})

test('an error of the disk in the middle of a packed file stays as it is', async () => {
  const error = Object.assign(new Error('i/o error'), { code: 'EIO' })
  async function* broken(): AsyncGenerator<Buffer> {
    yield PACKED.subarray(0, 100)
    throw error
  }
  await expect(unpacked(broken(), 'a').next()).rejects.toBe(error)
})

test('a file that is packed twice, and one without content', async () => {
  const { write, refusal } = scratchFolder()
  const twice = write('a.gz', gzipSync(PACKED))
  expect((await refusal(linesIn(twice))).message).toBe('a.gz: is packed by gzip; unpack it by gzip -d')
  const empty = write('b.gz', gzipSync(''))
  expect((await refusal(linesIn(empty))).message).toMatch(/: is empty/)
})

test('the limit is that of the content, so that a small file cannot fill the memory', async () => {
  const { write, refusal } = scratchFolder()
  const file = write('a.gz', gzipSync(Buffer.alloc(16 << 20, 32)))
  expect(await refusal(readText(file, 1 << 20))).toMatchObject({
    code: 'TOO_LARGE',
    message: expect.stringMatching(/: has more than 1 MiB/),
  })
})

test('progress counts the packed bytes, and a caller may end the reading', async () => {
  const { write } = scratchFolder()
  const file = write('a.csv.gz', PACKED)
  const seen: { done: number; total: number }[] = []
  await readCsv(file, { onProgress: (at) => seen.push(at) }, () => () => undefined)
  expect(seen.at(-1)).toEqual({ done: PACKED.length, total: PACKED.length })
  const stop = new AbortController()
  const take = () => stop.abort(new Error('enough'))
  await expect(readCsv(file, { signal: stop.signal }, () => take)).rejects.toThrow('enough')
})

test('a caller may end the reading when all packed bytes have been read', async () => {
  const { write } = scratchFolder()
  const file = write('a.gz', gzipSync(Buffer.alloc(16 << 20, 32)))
  const stop = new AbortController()
  const { chunks } = await openFile(file, { unpacks: true, signal: stop.signal })
  const reading = chunks[Symbol.asyncIterator]()
  await reading.next()
  await reading.next()
  const reason = new Error('enough')
  stop.abort(reason)
  await expect(reading.next()).rejects.toBe(reason)
})

test('an error of the reader ends the reading', async () => {
  const { write } = scratchFolder()
  const file = write('a.csv.gz', PACKED)
  const refuse = () => {
    throw new Error('row')
  }
  await expect(readCsv(file, {}, () => refuse)).rejects.toThrow('row')
})

test('a packed pipe of the shell is unpacked', () => {
  const code = `
    import { readText } from ${JSON.stringify(new URL('../../../src/files/io/text.ts', import.meta.url).href)}
    process.stdout.write(await readText('/dev/stdin', 1 << 20))`
  const loader = new URL('../../../.config/typescript.mjs', import.meta.url).href
  const args = ['--import', loader, '--input-type=module', '-e', code]
  const printed = execFileSync('sh', ['-c', 'printf text | gzip -c | "$0" "$@"', process.execPath, ...args], {
    encoding: 'utf8',
  })
  expect(printed).toBe('text')
})
