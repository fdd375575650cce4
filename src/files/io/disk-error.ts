import { KairosError } from '../../model/errors.ts'

/** Mistakes in a path or in permissions. */
const MISTAKES: Record<string, readonly [problem: string, cure: string]> = {
  ENOENT: ['there is no such file or folder', 'check the path'],
  ENOTDIR: ['a part of the path is a file', 'check the path'],
  EEXIST: ['a part of the path is a file', 'check the path'],
  EISDIR: ['is a folder', 'a file is expected'],
  EACCES: ['permission is denied', 'change its permissions, or choose another path'],
  EPERM: ['permission is denied', 'change its permissions, or choose another path'],
  EROFS: ['the disk is read-only', 'choose another path'],
  ENAMETOOLONG: ['the name is too long', 'choose a shorter one'],
  ELOOP: ['its symbolic links form a cycle', 'check the path'],
  ENXIO: ['is a device that is not there', 'a file is expected'],
  EBUSY: ['is a mount point and cannot be replaced', 'mount its folder instead, or choose another path'],
}

/** Environment failures: the path is right. */
const FAILURES: Record<string, readonly [problem: string, cure: string]> = {
  ENOSPC: ['the disk is full', 'free some space, or choose another path'],
  EDQUOT: ['the disk quota is used up', 'free some space, or choose another path'],
  EFBIG: ['the file is larger than the limit', 'raise the limit (ulimit -f), or choose another disk'],
  EIO: ['the disk has an error', 'choose another path'],
  EMFILE: ['too many files are open', 'raise the limit of open files (ulimit -n)'],
  ENFILE: ['too many files are open', 'raise the limit of open files'],
}

/** Turns an error of the operating system about a file into a KairosError. Other values stay as they are. */
export function diskError(error: unknown, file: string): unknown {
  if (error instanceof KairosError || !(error instanceof Error)) return error
  // errors of the operating system have a code in letters; a caller may abort a signal with any error
  const { code }: { code?: unknown } = error as NodeJS.ErrnoException
  if (typeof code !== 'string') return error
  if (code === 'ABORT_ERR') return error.cause ?? error
  if (isOfLostFolder(error)) {
    const problem = 'the current folder has been removed'
    return new KairosError('NO_FILE', problem, {}, 'change to another one', { cause: error })
  }
  if (code in FAILURES) {
    const [problem, cure] = FAILURES[code]
    return new KairosError('DISK', problem, { file }, cure, { cause: error })
  }
  const [problem, cure] = MISTAKES[code] ?? [error.message, 'check the path']
  if (code === 'ENOENT' && file === '-') {
    return new KairosError('NO_FILE', problem, { file }, 'standard input is /dev/stdin', { cause: error })
  }
  return new KairosError('NO_FILE', problem, { file }, cure, { cause: error })
}

/** Throws what `diskError` makes of an error, where a promise is rejected. */
export function throwDiskError(file: string): (error: unknown) => never {
  return (error) => {
    throw diskError(error, file)
  }
}

/** Whether an error comes from the system. It may be of another realm, as in a test runner: no `Error` of this one. */
export function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error
}

/** Whether too many files are open: then not even the code of a command can be read. */
export function isOutOfFiles(error: unknown): error is NodeJS.ErrnoException {
  return isOfSystem(error) && (error.code === 'EMFILE' || error.code === 'ENFILE')
}

/** Whether the folder in which the process runs has been removed. */
export function isOfLostFolder(error: unknown): error is NodeJS.ErrnoException {
  return isOfSystem(error) && error.syscall === 'uv_cwd'
}
