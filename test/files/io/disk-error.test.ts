import { expect, test } from 'vitest'
import { diskError, isOfLostFolder } from '../../../src/files/io/disk-error.ts'

function systemError(code: string, syscall = 'write'): Error {
  return Object.assign(new Error(`${code}: as the system says it, ${syscall}`), { code, syscall })
}

test.each([
  [
    'EFBIG',
    'DISK',
    'f: the file is larger than the limit; raise the limit (ulimit -f), or choose another disk',
  ],
  ['EDQUOT', 'DISK', 'f: the disk quota is used up; free some space, or choose another path'],
  ['ENFILE', 'DISK', 'f: too many files are open; raise the limit of open files'],
  [
    'EBUSY',
    'NO_FILE',
    'f: is a mount point and cannot be replaced; mount its folder instead, or choose another path',
  ],
])('%s is %s', (code, expected, message) => {
  expect(diskError(systemError(code), 'f')).toMatchObject({ code: expected, message })
})

test('a current folder that has been removed is named as the cause', () => {
  const error = systemError('ENOENT', 'uv_cwd')
  expect(isOfLostFolder(error)).toBe(true)
  expect(isOfLostFolder(systemError('ENOENT', 'open'))).toBe(false)
  expect(diskError(error, '')).toMatchObject({
    code: 'NO_FILE',
    message: 'the current folder has been removed; change to another one',
  })
})
