import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { behindLinks } from '../../../src/files/io/write.ts'
import { temporaryFolder } from '../../cli/kairos.ts'

test('a relative link in a folder behind a link leads to where the system writes', async () => {
  const folder = realpathSync(temporaryFolder())
  mkdirSync(join(folder, 'real', 'deep'), { recursive: true })
  symlinkSync(join('real', 'deep'), join(folder, 'link'))
  symlinkSync(join('..', 'new.json'), join(folder, 'real', 'deep', 'out.json'))
  expect(await behindLinks(join(folder, 'link', 'out.json'))).toBe(join(folder, 'real', 'new.json'))
})

test('a link to a file whose name has a colon and a bracket is followed, as any other', async () => {
  const folder = realpathSync(temporaryFolder())
  symlinkSync('run:[1].json', join(folder, 'link'))
  expect(await behindLinks(join(folder, 'link'))).toBe(join(folder, 'run:[1].json'))
})

test.each([['a file'], ['no file yet']])(
  'a link that goes up from behind another link leads to %s there',
  async (what) => {
    const folder = realpathSync(temporaryFolder())
    mkdirSync(join(folder, 'real', 'deep'), { recursive: true })
    symlinkSync(join('real', 'deep'), join(folder, 'link'))
    symlinkSync('link/../new.json', join(folder, 'out.json'))
    const there = join(folder, 'real', 'new.json')
    if (what === 'a file') writeFileSync(there, '{}')
    expect(await behindLinks(join(folder, 'out.json'))).toBe(there)
    expect(await behindLinks(`${relative('.', folder)}/link/../new.json`)).toBe(there)
  },
)
