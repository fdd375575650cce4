import { KairosError } from '../../model/errors.ts'

const CAUSES: Record<string, readonly [problem: string, cure: string]> = {
  ENOENT: ['there is no such file or folder', 'check the path'],
  ENOTDIR: ['a part of the path is a file', 'check the path'],
  EEXIST: ['a part of the path is a file', 'check the path'],
  EISDIR: ['is a folder', 'a file is expected'],
  EACCES: ['permission is denied', 'change its permissions, or choose another path'],
  EPERM: ['permission is denied', 'change its permissions, or choose another path'],
  EROFS: ['the disk is read-only', 'choose another path'],
  ENAMETOOLONG: ['the name is too long', 'choose a shorter one'],
  ELOOP: ['the links lead in a circle', 'check the path'],
}

/** What is nobody's mistake. */
const FAILURES: Record<string, readonly [problem: string, cure: string]> = {
  ENOSPC: ['the disk is full', 'make room, or choose another path'],
  EDQUOT: ['the disk is full', 'make room, or choose another path'],
  EIO: ['the disk fails', 'choose another path'],
  EMFILE: ['too many files are open', 'raise the limit of open files'],
}

/** What the operating system said about a file, as an error of ours; errors of ours stay as they are. */
export function diskError(error: unknown, file: string): unknown {
  if (error instanceof KairosError || !(error instanceof Error)) return error
  const { code = '' } = error as NodeJS.ErrnoException
  if (code === 'ABORT_ERR') return new KairosError('ABORTED', 'ended by the caller', { file })
  if (code in FAILURES)
    return new KairosError('DISK', FAILURES[code][0], { file }, FAILURES[code][1], { cause: error })
  const [problem, cure] = CAUSES[code] ?? [error.message, '']
  return new KairosError('NO_FILE', problem, { file }, cure, { cause: error })
}
