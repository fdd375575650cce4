import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ARCHIVE_LIMITS, readArchive } from '../../../../src/files/tables/hpdc23/archive.ts'
import { importHpdc23 } from '../../../../src/files/tables/hpdc23/import.ts'
import { scratchFolder } from '../../scratch.ts'
import { type Entry, excerpt, tarGzOf, tarOf } from './archives.ts'

const good = [...excerpt()]
const evil = 'data/r5n.large/evil_10_1.json'

const CASES: [string, () => Promise<Buffer>, string][] = [
  [
    'a path above',
    () => tarGzOf([...good, [`../${evil}`]]),
    `m.tar.gz: ../${evil}: leads outside the archive`,
  ],
  [
    'a path above, inside',
    () => tarGzOf([...good, [`x/../../${evil}`]]),
    `m.tar.gz: x/../../${evil}: leads outside`,
  ],
  ['an absolute path', () => tarGzOf([...good, [`/tmp/${evil}`]]), `m.tar.gz: /tmp/${evil}: leads outside`],
  ['a drive', () => tarGzOf([...good, [`C:/${evil}`]]), `m.tar.gz: C:/${evil}: leads outside`],
  [
    'a path with backslashes',
    () => tarGzOf([...good, ['..\\evil.json']]),
    'm.tar.gz: ..\\evil.json: leads outside',
  ],
  [
    'a symbolic link',
    () => tarGzOf([...good, [{ name: evil, type: 'symlink', linkname: '/etc/hostname' }]]),
    `m.tar.gz: ${evil}: is a symlink; only files and folders are expected: pack it without links`,
  ],
  [
    'a hard link',
    () => tarGzOf([...good, [{ name: evil, type: 'link', linkname: '/etc/hostname' }]]),
    `m.tar.gz: ${evil}: is a link;`,
  ],
  [
    'a device',
    () => tarGzOf([...good, [{ name: evil, type: 'character-device' }]]),
    `m.tar.gz: ${evil}: is a character-device;`,
  ],
  [
    'an entry larger than the limit',
    () => tarGzOf([...good, [evil, Buffer.alloc(ARCHIVE_LIMITS.entryBytes + 1)]]),
    `m.tar.gz: ${evil}: has 1048577 bytes, more than 1048576; if you trust it, unpack it and give the folder`,
  ],
  [
    'gigabytes in entries from kilobytes',
    () => tarGzOf(Array.from({ length: 65 }, (_, i): Entry => [`x/${i}`, Buffer.alloc(1 << 20)])),
    'm.tar.gz: holds more than 67108864 bytes; if you trust it, unpack it and give the folder',
  ],
  [
    'gigabytes of nothing',
    async () => gzipSync(Buffer.alloc(ARCHIVE_LIMITS.totalBytes + 1)),
    'm.tar.gz: holds more than 67108864 bytes;',
  ],
  [
    'too many entries',
    () => tarGzOf(Array.from({ length: ARCHIVE_LIMITS.entries + 1 }, (_, i): Entry => [`x/${i}`])),
    'm.tar.gz: holds more than 20000 entries;',
  ],
  [
    'a cut gzip',
    async () => (await tarGzOf(good)).subarray(0, 9000),
    'm.tar.gz: is cut off; fetch the archive again',
  ],
  [
    'a cut tar',
    async () => gzipSync((await tarOf(good)).subarray(0, 20_100)),
    'm.tar.gz: is cut off; fetch the archive again',
  ],
  ['an empty file', async () => Buffer.alloc(0), 'm.tar.gz: is cut off; fetch the archive again'],
  [
    'no gzip',
    async () => Buffer.from('hello'),
    'm.tar.gz: is not a gzip file; expected a folder or a .tar.gz',
  ],
  [
    'other data behind the archive',
    async () => Buffer.concat([await tarGzOf(good), Buffer.from('garbage after the end')]),
    'm.tar.gz: has other data after its end; fetch the archive again',
  ],
  ['no tar inside', async () => gzipSync('hello'.repeat(1000)), 'm.tar.gz: is damaged: '],
  ['an empty gzip', async () => gzipSync(''), 'm.tar.gz: holds no measurement; '],
  [
    'a name that a terminal would obey',
    () => tarGzOf([...good, ['../\u001b[2J']]),
    'm.tar.gz: ../\\x1b[2J: leads outside',
  ],
]

describe('a hostile or damaged archive is refused and nothing is written', () => {
  test.each(CASES)('%s', async (_name, archive, message) => {
    const { path, write, refusal, list } = scratchFolder()
    const source = write('m.tar.gz', await archive())
    const error = await refusal(importHpdc23(source, path('out')))
    expect(error.message.slice(0, message.length)).toBe(message)
    expect(error.code).toBe('BAD_ARCHIVE')
    expect(list()).toEqual(['m.tar.gz'])
  })

  test('wherever a byte is lost', async () => {
    const { path, write, refusal, list } = scratchFolder()
    const whole = await tarGzOf(good.slice(0, 4))
    for (let length = 0; length < whole.length; length += 97) {
      const source = write('m.tar.gz', whole.subarray(0, length))
      expect((await refusal(importHpdc23(source, path('out')))).code).toBe('BAD_ARCHIVE')
    }
    expect(list()).toEqual(['m.tar.gz'])
  })
})

test('a reader may stop early', async () => {
  const source = scratchFolder().write('m.tar.gz', await tarGzOf(good))
  for await (const { name, text } of readArchive(source, { wanted: () => true })) {
    expect([name, text]).toEqual(good[0])
    break
  }
})
