import { KairosError } from '../model/errors.ts'

const CAUSES: Record<string, readonly [problem: string, cure: string]> = {
  ENOENT: ['there is no such file or folder', 'check the path'],
  ENOTDIR: ['a part of the path is a file', 'check the path'],
  EEXIST: ['a part of the path is a file', 'check the path'],
  EISDIR: ['is a folder', 'a file is expected'],
  EACCES: ['permission is denied', 'change its permissions, or choose another path'],
  EPERM: ['permission is denied', 'change its permissions, or choose another path'],
  EROFS: ['the disk is read-only', 'choose another path'],
  ENOSPC: ['the disk is full', 'make room, or choose another path'],
}

/** What the operating system said about a file, as an error of ours; errors of ours stay as they are. */
export function diskError(error: unknown, file: string): unknown {
  if (error instanceof KairosError || !(error instanceof Error)) return error
  const { code = '' } = error as NodeJS.ErrnoException
  if (code === 'ABORT_ERR') return new KairosError('ABORTED', 'ended by the caller', { file })
  const [problem, cure] = CAUSES[code] ?? [error.message, '']
  return new KairosError('NO_FILE', problem, { file }, cure, { cause: error })
}
