import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parseTraceRoot } from '../../../../src/files/traces/stored/root.ts'
import { findStoredTrace } from '../../../../src/files/traces/stored/stored-trace.ts'
import { readStoredTrace, readTrace } from '../../../../src/index.ts'
import { temporaryFolder } from '../../../cli/kairos.ts'
import { serveTraces } from './trace-server.ts'

const TEXT = 'arrival_ms,batch_size\n0,8\n10.5,16\n30,1\n'
const SHA256 = createHash('sha256').update(TEXT).digest('hex')
const STORED = { file: 'day 1/mon.csv', sha256: SHA256, bytes: TEXT.length }

/** The same file in a folder and on a server. */
async function roots(text = TEXT) {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'day 1'))
  writeFileSync(join(folder, 'day 1', 'mon.csv'), text)
  const { url } = await serveTraces({ '/day 1/mon.csv': text })
  return { folder, url, path: join(folder, 'day 1', 'mon.csv') }
}

/** A folder for temporary files of one's own, to see what is left there. */
function temporaries(): () => string[] {
  const folder = temporaryFolder()
  vi.stubEnv('TMPDIR', folder)
  onTestFinished(() => void vi.unstubAllEnvs())
  return () => readdirSync(folder)
}

test('reads the same below a folder and below a URL, scaled to a rate or not', async () => {
  const { folder, url, path } = await roots()
  const left = temporaries()
  const trace = { arrivalMs: Float64Array.of(0, 10.5, 30), batchSize: Float64Array.of(8, 16, 1) }
  expect(await readTrace(path)).toEqual(trace)
  for (const root of [folder, url]) {
    expect(await readStoredTrace(root, 'day 1/mon.csv')).toEqual({ load: trace, stored: STORED })
    // two gaps in 2 / 8 of a second
    const scaled = await readStoredTrace(root, 'day 1/mon.csv', { rate: 8 })
    expect(scaled.stored).toEqual({ ...STORED, rate: 8 })
    expect(scaled.load.batchSize).toEqual(trace.batchSize)
    expect([...scaled.load.arrivalMs]).toEqual([0, expect.closeTo(87.5, 9), expect.closeTo(250, 9)])
    const found = await findStoredTrace(parseTraceRoot(root, {}), scaled.stored)
    expect(found).toEqual(scaled.load)
  }
  expect(left()).toEqual([])
})

test.each(['folder', 'url'] as const)(
  'refuses another file below a %s, and names both hashes',
  async (kind) => {
    const changed = TEXT.replace('16', '17')
    const root = parseTraceRoot((await roots(changed))[kind], {})
    const longer = parseTraceRoot((await roots(`${TEXT}40,1\n`))[kind], {})
    const left = temporaries()
    const theirs = createHash('sha256').update(changed).digest('hex')
    await expect(findStoredTrace(root, STORED)).rejects.toMatchObject({
      code: 'NO_FILE',
      message: expect.stringMatching(
        `mon.csv: has SHA-256 ${theirs.slice(0, 12)}, and the job asks for ${TEXT.length} bytes of SHA-256 ${SHA256.slice(0, 12)}; put the file of the job below`,
      ),
    })
    await expect(findStoredTrace(longer, STORED)).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringMatching(/has more than \d+ bytes, and the job asks for \d+ bytes of SHA-256/),
    })
    await expect(findStoredTrace(root, { ...STORED, file: 'tue.csv' })).rejects.toMatchObject({
      code: 'NO_FILE',
      message: expect.stringMatching(/tue.csv: .*, and the job asks for .*; check the path/),
    })
    expect(left()).toEqual([])
  },
)

test('names the folder for temporary files where it is missing', async () => {
  const { url } = await roots()
  const missing = join(temporaryFolder(), 'missing')
  vi.stubEnv('TMPDIR', missing)
  onTestFinished(() => void vi.unstubAllEnvs())
  await expect(readStoredTrace(url, 'day 1/mon.csv')).rejects.toMatchObject({
    code: 'NO_FILE',
    message: `${missing}: there is no such file or folder; check the path`,
  })
})

test('asks a server by the name and the password of the root, for names with any characters', async () => {
  const heard: (string | undefined)[] = []
  const { url } = await serveTraces({
    '/a#1?.csv': ({ headers }, response) => {
      heard.push(headers.authorization)
      response.end(TEXT)
    },
  })
  vi.stubEnv('KAIROS_TRACE_PASSWORD', 'secret')
  onTestFinished(() => void vi.unstubAllEnvs())
  await readStoredTrace(url.replace('//', '//user@'), 'a#1?.csv')
  expect(heard).toEqual([`Basic ${Buffer.from('user:secret').toString('base64')}`])
})

test('notes name the file of the server, not its copy', async () => {
  const { url } = await roots(TEXT.trimEnd())
  const notes: string[] = []
  await readStoredTrace(url, 'day 1/mon.csv', { onNote: (note) => notes.push(note) })
  expect(notes).toEqual([expect.stringContaining(`${url}day%201/mon.csv`)])
})

test('what a receiver of notes throws is passed on as it is', async () => {
  const { folder, url } = await roots(TEXT.trimEnd())
  const own = new Error('no notes')
  const onNote = () => {
    throw own
  }
  for (const root of [folder, url]) {
    await expect(readStoredTrace(root, 'day 1/mon.csv', { onNote })).rejects.toBe(own)
  }
})

test('what is downloaded is not kept in the cache, where no later download would find it', async () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => `${i},1\n`).join('')
  const { folder, url, path } = await roots(`arrival_ms,batch_size\n${rows}`)
  const cache = temporaryFolder()
  vi.stubEnv('XDG_CACHE_HOME', cache)
  // files that were written less than some seconds before are not kept at all
  utimesSync(path, 1, 1)
  const { now } = Date
  const spied = vi.spyOn(Date, 'now').mockImplementation(() => now() + 60_000)
  onTestFinished(() => {
    vi.unstubAllEnvs()
    spied.mockRestore()
  })
  await readStoredTrace(url, 'day 1/mon.csv')
  expect(readdirSync(cache)).toEqual([])
  await readStoredTrace(folder, 'day 1/mon.csv')
  expect(readdirSync(cache)).toEqual(['kairos-wasm'])
})

test('a download ends at a signal', async () => {
  const stop = new AbortController()
  const { url } = await serveTraces({ '/never.csv': () => stop.abort(reason) })
  const reason = new Error('enough')
  await expect(readStoredTrace(url, 'never.csv', { signal: stop.signal })).rejects.toBe(reason)
})

test('refuses a file that is written while it is read: its hash may be that of other bytes', async () => {
  const { folder, path } = await roots()
  const onProgress = () => utimesSync(path, 1, 1)
  await expect(readStoredTrace(folder, 'day 1/mon.csv', { onProgress })).rejects.toMatchObject({
    code: 'NO_FILE',
    message: `${path}: was changed while it was read; try again`,
  })
})

test('refuses what is no trace and no name of one', async () => {
  const { folder, url } = await roots(TEXT.replace('10.5', 'x'))
  await expect(readStoredTrace(folder, 'day 1/mon.csv')).rejects.toMatchObject({
    place: { file: join(folder, 'day 1', 'mon.csv'), line: 3 },
  })
  await expect(readStoredTrace(url, 'day 1/mon.csv')).rejects.toMatchObject({
    place: { file: `${url}day%201/mon.csv`, line: 3 },
  })
  await expect(readStoredTrace(folder, 'day 1')).rejects.toMatchObject({ code: 'NO_FILE' })
  await expect(readStoredTrace(folder, 'a', { speed: 1 } as object)).rejects.toMatchObject({
    code: 'BAD_USAGE',
  })
  const root = parseTraceRoot(folder, {})
  for (const wrong of [{ sha256: 'abc' }, { bytes: -1 }, { bytes: 2 ** 40 }, { rate: 0 }, { file: 5 }]) {
    await expect(findStoredTrace(root, { ...STORED, ...wrong } as typeof STORED)).rejects.toMatchObject({
      code: 'QUEUE',
    })
  }
})
