import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, createReadStream, lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { checkTarget, writeAtomically, writeTogether } from '../../../src/files/io/write.ts'
import { CLI } from '../../cli/kairos.ts'
import { scratchFolder } from '../scratch.ts'

describe('chunks', () => {
  test.each([
    ['a text', () => 'one two'],
    ['an array', () => ['one', ' ', 'two']],
    ['bytes among texts', () => ['on', new TextEncoder().encode('e t'), 'wo']],
    [
      'an async generator',
      async function* () {
        yield 'one '
        yield 'two'
      },
    ],
  ])('%s', async (_name, chunks) => {
    const { path, list } = scratchFolder()
    await writeAtomically(path('a.txt'), chunks())
    expect(readFileSync(path('a.txt'), 'utf8')).toBe('one two')
    expect(list()).toEqual(['a.txt'])
  })

  test('many, in their order', async () => {
    const { path } = scratchFolder()
    const lines = Array.from({ length: 100_000 }, (_, i) => `${i}\n`)
    await writeAtomically(path('a.txt'), lines)
    expect(readFileSync(path('a.txt'), 'utf8')).toBe(lines.join(''))
  })
})

describe('a file whose name ends in .gz', () => {
  test('is packed by gzip, the same content to the same bytes', async () => {
    const { path, list } = scratchFolder()
    const lines = Array.from({ length: 100_000 }, (_, i) => `${i}\n`)
    await writeTogether(['a.csv.gz', 'b.csv.GZ'].map((name) => ({ path: path(name), chunks: lines })))
    const bytes = readFileSync(path('a.csv.gz'))
    expect(gunzipSync(bytes).toString()).toBe(lines.join(''))
    expect(readFileSync(path('b.csv.GZ')).equals(bytes)).toBe(true)
    expect(list()).toEqual(['a.csv.gz', 'b.csv.GZ'])
  })

  test('is not made where its content fails', async () => {
    const { path, list } = scratchFolder()
    const failing = async function* () {
      yield 'some'
      throw new Error('the content ended')
    }
    await expect(writeAtomically(path('x/a.gz'), failing())).rejects.toThrow('the content ended')
    expect(list()).toEqual([])
  })
})

test.each(['a'.repeat(255), '長'.repeat(85)])('writes a file with the longest name: %s', async (name) => {
  const { path, list } = scratchFolder()
  await writeAtomically(path(name), 'text')
  expect(list()).toEqual([name])
})

test('makes the folder, replaces the file', async () => {
  const { path, list } = scratchFolder()
  await writeAtomically(path('x/y/a.txt'), 'old, and longer')
  await writeAtomically(path('x/y/a.txt'), 'new')
  expect(readFileSync(path('x/y/a.txt'), 'utf8')).toBe('new')
  expect(list()).toEqual(['x', 'x/y', 'x/y/a.txt'])
})

test('a folder that the system does not make is refused', () => {
  // mkdir() with `recursive` would keep a process busy for ever in /proc, where it heeds no signal but this one
  const ending = { encoding: 'utf8', timeout: 30_000, killSignal: 'SIGKILL' } as const
  const args = [CLI, 'allocate', '--out', '/proc/kairos/results', '--quiet']
  const { status, stderr } = spawnSync(process.execPath, args, ending)
  expect(stderr).toMatch(/^kairos-wasm: \/proc\/kairos\/results\/\S+: .*path/)
  expect(status).toBe(2)
})

test('no new folder is left where a file cannot be written', async () => {
  const { path, list } = scratchFolder()
  const failing = async function* () {
    yield 'a'
    throw new Error('enough')
  }
  await expect(writeAtomically(path('x/y/a.txt'), failing())).rejects.toThrow('enough')
  await expect(writeAtomically(path(`z/${'n'.repeat(300)}/a.txt`), 'a')).rejects.toThrow('too long')
  expect(list()).toEqual([])
})

test('files that are written at the same time make their folder together', async () => {
  const { path, list } = scratchFolder()
  const names = Array.from({ length: 20 }, (_, i) => `x/y/${i}.txt`)
  await Promise.all(names.map((name) => writeAtomically(path(name), 'a')))
  expect(list()).toHaveLength(2 + names.length)
})

test('what can be written is found without writing it', async () => {
  const { path, list, write } = scratchFolder()
  write('a.txt', 'old')
  symlinkSync('x', path('link'))
  for (const file of ['a.txt', 'b.txt', 'x/y/c.txt']) {
    expect(await checkTarget(path(file))).toBe(path(file))
  }
  expect(await checkTarget(path('link'))).toBe(path('x'))
  expect(await checkTarget('/dev/stdout')).toBeTypeOf('string')
  expect(list()).toEqual(['a.txt', 'link'])
  for (const file of ['a.txt/x', 'a.txt/x/y']) {
    await expect(checkTarget(path(file))).rejects.toThrow('a part of the path is a file; check the path')
  }
  await expect(checkTarget(path('.'))).rejects.toThrow('is a folder; give the path of a file')
  await expect(checkTarget(5 as never)).rejects.toThrow('path: is 5; the path of a file is expected')
  await expect(checkTarget('-')).rejects.toThrow('-: is no file; standard output is /dev/stdout')
})

test.each([0o600, 0o666])('a file that is replaced keeps its mode %o', async (mode) => {
  const { path, write } = scratchFolder()
  write('a.txt', 'old')
  chmodSync(path('a.txt'), mode)
  await writeAtomically(path('a.txt'), 'new')
  expect(readFileSync(path('a.txt'), 'utf8')).toBe('new')
  expect(lstatSync(path('a.txt')).mode & 0o777).toBe(mode)
})

describe('a failure leaves nothing behind', () => {
  async function* broken(): AsyncGenerator<string> {
    yield 'half'.repeat(100_000)
    throw new RangeError('no more')
  }

  test('of the chunks: their own error, no file, no folder', async () => {
    const { path, list } = scratchFolder()
    await expect(writeAtomically(path('x/y/a.txt'), broken())).rejects.toThrow(RangeError)
    expect(list()).toEqual([])
  })

  test('the older file is untouched', async () => {
    const { path, write, list } = scratchFolder()
    write('a.txt', 'old')
    await expect(writeAtomically(path('a.txt'), broken())).rejects.toThrow('no more')
    expect(readFileSync(path('a.txt'), 'utf8')).toBe('old')
    expect(list()).toEqual(['a.txt'])
  })

  test('folders that were there, or are in use, stay', async () => {
    const { path, list } = scratchFolder()
    mkdirSync(path('x'))
    await expect(
      writeAtomically(
        path('x/y/z/a.txt'),
        (async function* () {
          await writeAtomically(path('x/y/b.txt'), 'theirs')
          yield* broken()
        })(),
      ),
    ).rejects.toThrow('no more')
    expect(list()).toEqual(['x', 'x/y', 'x/y/b.txt'])
  })

  test('several files: all or none', async () => {
    const { path, list } = scratchFolder()
    const files = [
      { path: path('out/a.txt'), chunks: 'a' },
      { path: path('out/b.txt'), chunks: broken() },
    ]
    await expect(writeTogether(files)).rejects.toThrow('no more')
    expect(list()).toEqual([])
  })

  test('a folder in the place of the file', async () => {
    const { path, list, refusal } = scratchFolder()
    mkdirSync(path('b.txt'))
    const files = ['a.txt', 'b.txt'].map((name) => ({ path: path(name), chunks: 'text' }))
    expect(await refusal(writeTogether(files))).toEqual({
      code: 'NO_FILE',
      message: 'b.txt: is a folder; give the path of a file',
    })
    expect(list()).toEqual(['b.txt'])
  })

  test('a link to a folder that is missing makes the folder', async () => {
    const { path } = scratchFolder()
    symlinkSync('missing', path('link'))
    await writeAtomically(path('link/a'), 'text')
    expect(readFileSync(path('missing/a'), 'utf8')).toBe('text')
  })

  test('links that lead to each other are refused', async () => {
    const { path, refusal } = scratchFolder()
    symlinkSync('two', path('one'))
    symlinkSync('one', path('two'))
    expect((await refusal(writeAtomically(path('one/a'), 'text'))).code).toBe('NO_FILE')
  })

  test('a link is followed, also one to nothing', async () => {
    const { path, write, list } = scratchFolder()
    write('target', 'old')
    symlinkSync('target', path('link'))
    symlinkSync('new', path('dangling'))
    await writeAtomically(path('link'), 'text')
    await writeAtomically(path('dangling'), 'other')
    expect(['link', 'dangling'].map((name) => lstatSync(path(name)).isSymbolicLink())).toEqual([true, true])
    expect(['target', 'new'].map((name) => readFileSync(path(name), 'utf8'))).toEqual(['text', 'other'])
    expect(list()).toEqual(['dangling', 'link', 'new', 'target'])
  })

  test('a pipe stays one, and gets it all, also when its reader comes later', async () => {
    const { path, list } = scratchFolder()
    execFileSync('mkfifo', [path('pipe')])
    const long = 'x'.repeat(1 << 20)
    const written = writeAtomically(path('pipe'), ['one', long, ' two'])
    await setTimeout(120)
    // readFile() of Node 20.12 loses the end of a pipe
    const read = text(createReadStream(path('pipe')))
    await written
    expect(await read).toBe(`one${long} two`)
    expect(lstatSync(path('pipe')).isFIFO()).toBe(true)
    expect(list()).toEqual(['pipe'])
  })

  test('a pipe without a reader is refused after ten seconds', async () => {
    const { path, list, refusal } = scratchFolder()
    execFileSync('mkfifo', [path('pipe')])
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    let isDone = false
    const refused = refusal(writeAtomically(path('pipe'), 'text')).finally(() => {
      isDone = true
    })
    while (!isDone) {
      await new Promise(setImmediate)
      vi.advanceTimersByTime(10)
    }
    expect(await refused).toEqual({
      code: 'NO_FILE',
      message:
        'pipe: is a pipe that nothing reads from, after 10 s; start the program that reads from it, or give a file',
    })
    expect(list()).toEqual(['pipe'])
  })

  test('a full disk is an environment failure', async () => {
    const { refusal } = scratchFolder()
    expect(await refusal(writeAtomically('/dev/full', 'text'))).toMatchObject({
      code: 'DISK',
      message: expect.stringMatching(/the disk is full; free some space/),
    })
  })

  test('a name that is too long', async () => {
    const { path, refusal } = scratchFolder()
    expect(await refusal(writeAtomically(path('a'.repeat(5000)), 'text'))).toMatchObject({
      code: 'NO_FILE',
      message: expect.stringMatching(/the name is too long/),
    })
  })

  test('a file in the place of the folder', async () => {
    const { path, write, list, refusal } = scratchFolder()
    write('x', 'a file')
    expect(await refusal(writeAtomically(path('x/a.txt'), 'text'))).toEqual({
      code: 'NO_FILE',
      message: 'x/a.txt: a part of the path is a file; check the path',
    })
    expect(list()).toEqual(['x'])
  })
})
