import { spawnSync } from 'node:child_process'
import { chmod, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readTrace, writeTrace } from '../../../src/files/traces/trace-csv.ts'
import { generateTrace } from '../../../src/model/trace/generate-trace.ts'
import type { Trace } from '../../../src/model/trace/trace.ts'
import { CLI } from '../../cli/kairos.ts'
import { scratchFolder } from '../scratch.ts'

const mix = { batchSizes: Float64Array.of(10, 500), probabilities: Float64Array.of(0.9, 0.1) }

function traceOf(seed: number): Trace {
  return generateTrace({ arrivals: 'integer-gaps', rate: 10, queries: 8_000, seed, mix })
}

/** All bits of both columns. */
function bits({ arrivalMs, batchSize }: Trace): string {
  return [arrivalMs, batchSize].map((column) => Buffer.from(column.buffer).toString('base64')).join()
}

/** Whether a reading parsed the file; what comes out of the cache reports no progress. */
async function parses(path: string, options = {}): Promise<boolean> {
  let parsed = false
  await readTrace(path, {
    ...options,
    onProgress: () => {
      parsed = true
    },
  })
  return parsed
}

let folder: string
let source: string
let entries: string

beforeEach(async () => {
  folder = scratchFolder().path('.')
  source = join(folder, 't.csv')
  entries = join(folder, 'cache', 'kairos-wasm', 'traces')
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'))
  // a file is kept some seconds after its last change: let them have passed
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
  await writeTrace(source, traceOf(1))
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

async function entryPath(): Promise<string> {
  const names = await readdir(entries)
  expect(names.length).toBe(1)
  return join(entries, names[0])
}

describe('the cache of traces', () => {
  it('gives back what the file holds, for its owner only', async () => {
    const first = await readTrace(source)
    expect(await parses(source)).toBe(false)
    expect(bits(await readTrace(source))).toBe(bits(first))
    expect(bits(first)).toBe(bits(traceOf(1)))
    expect((await stat(entries)).mode & 0o077).toBe(0)
    expect(await readdir(folder)).toEqual(['cache', 't.csv'])
  })

  it('makes new folders for their owner only', async () => {
    await readTrace(source)
    for (const made of ['cache', 'cache/kairos-wasm', 'cache/kairos-wasm/traces']) {
      expect((await stat(join(folder, made))).mode & 0o077).toBe(0)
    }
  })

  it('is left out where the system makes no folder', async () => {
    const later = 'data:text/javascript,const { now } = Date; Date.now = () => now() + 60_000'
    const args = ['--import', later, CLI, 'trace', 'describe', source]
    // mkdir() with `recursive` would keep a process busy for ever in /proc, where it heeds no signal but this one
    const { status, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      env: { ...process.env, XDG_CACHE_HOME: '/proc/kairos' },
      timeout: 30_000,
      killSignal: 'SIGKILL',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('is neither read nor written where it is not wanted', async () => {
    await readTrace(source, { cache: false })
    expect(await readdir(folder)).toEqual(['t.csv'])
    await readTrace(source)
    expect(await parses(source, { cache: false })).toBe(true)
  })

  it('notices that the file changed', async () => {
    await readTrace(source)
    await writeTrace(source, traceOf(2))
    expect(bits(await readTrace(source))).toBe(bits(traceOf(2)))
    expect(await parses(source)).toBe(false)
    await entryPath()
  })

  it('notices a change of the same length that hides behind the old time', async () => {
    // a whole second, which can be set again to the nanosecond
    await utimes(source, 1_700_000_000, 1_700_000_000)
    await readTrace(source)
    const { atime, mtime, size } = await stat(source)
    const text = await readFile(source, 'utf8')
    const changed = text.replace(/,10\n/, ',20\n')
    await writeFile(source, changed)
    await utimes(source, atime, mtime)
    expect(await stat(source)).toMatchObject({ size, mtime, mtimeMs: 1_700_000_000_000 })
    expect((await readTrace(source)).batchSize).toContain(20)
  })

  it('keeps nothing of a file that may still be changing', async () => {
    vi.setSystemTime((await stat(source)).ctimeMs + 1000)
    await readTrace(source)
    expect(await readdir(folder)).toEqual(['t.csv'])
  })

  it('tells two files apart, however they are named', async () => {
    const other = join(folder, 'other.csv')
    await writeTrace(other, traceOf(2))
    await readTrace(source)
    await readTrace(other)
    expect(bits(await readTrace(source))).toBe(bits(traceOf(1)))
    expect(bits(await readTrace(other))).toBe(bits(traceOf(2)))
    expect((await readdir(entries)).length).toBe(2)
    expect(await parses(join(folder, '.', 'cache', '..', 't.csv'))).toBe(false)
  })

  it('still refuses a size beyond the table, with its line', async () => {
    await readTrace(source)
    expect(await parses(source, { maxBatchSize: 500 })).toBe(false)
    await expect(readTrace(source, { maxBatchSize: 499 })).rejects.toMatchObject({
      place: { file: source, line: 2 + traceOf(1).batchSize.indexOf(500), field: 'batch_size' },
    })
  })

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
    ['cut to a part of its header', (bytes: Buffer) => bytes.subarray(0, 40)],
    ['empty', () => Buffer.alloc(0)],
    ['too long', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(16)])],
    ['of another kind', (bytes: Buffer) => flipped(bytes, 0)],
    ['of another version', (bytes: Buffer) => flipped(bytes, 4)],
    ['of another length', (bytes: Buffer) => flipped(bytes, 15)],
    ['of another file', (bytes: Buffer) => flipped(bytes, 20)],
    ['with another checksum', (bytes: Buffer) => flipped(bytes, 50)],
    ['with one bit turned in an arrival', (bytes: Buffer) => flipped(bytes, 80 + 8 * 4000)],
    ['with one bit turned in the last size', (bytes: Buffer) => flipped(bytes, bytes.length - 1)],
  ])('is ignored and made anew where it is %s', async (_, damage) => {
    await readTrace(source)
    const path = await entryPath()
    const good = await readFile(path)
    await writeFile(path, damage(Buffer.from(good)))
    expect(bits(await readTrace(source))).toBe(bits(traceOf(1)))
    expect(good.equals(await readFile(path))).toBe(true)
    expect(await parses(source)).toBe(false)
  })

  it('does without where its folder cannot be', async () => {
    const file = join(folder, 'a-file')
    await writeFile(file, '')
    vi.stubEnv('XDG_CACHE_HOME', file)
    expect(bits(await readTrace(source))).toBe(bits(traceOf(1)))
    expect(await parses(source)).toBe(true)
  })

  it('never writes beside what it reads', async () => {
    await readTrace(source)
    await rm(join(folder, 'cache'), { recursive: true })
    await chmod(folder, 0o555)
    vi.stubEnv('XDG_CACHE_HOME', 'relative')
    vi.stubEnv('HOME', join(folder, 'nowhere'))
    expect(bits(await readTrace(source))).toBe(bits(traceOf(1)))
    await chmod(folder, 0o755)
    expect((await readdir(folder)).filter((name) => name !== 'nowhere')).toEqual(['t.csv'])
  })

  it('stays bounded: what was not used for longest goes', async () => {
    await readTrace(source)
    const first = await entryPath()
    // an entry as large as all may be together, without its bytes on the disk
    const large = join(entries, 'large.trace')
    const file = await open(large, 'w')
    await file.truncate(2 ** 30)
    await file.close()
    await utimes(large, new Date(0), new Date(0))
    await writeTrace(source, traceOf(3))
    await readTrace(source)
    expect(await readdir(entries)).toEqual([first.split('/').at(-1)])
  })

  it('is not asked for a small file', async () => {
    const small = join(folder, 'small.csv')
    await writeFile(small, 'arrival_ms,batch_size\n0,10\n')
    await readTrace(small)
    expect(await readdir(folder)).toEqual(['small.csv', 't.csv'])
  })
})

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at] ^= 1
  return bytes
}
