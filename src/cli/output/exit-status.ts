import type { ErrorCode } from '../../model/errors.ts'

/** Exit status of a process. */
export const DONE = 0
export const FAILED = 1
export const BAD_INPUT = 2
export const INFEASIBLE = 3
export const INTERRUPTED = 130

/** Errors that no change of the input prevents: the status is `FAILED`. */
export const FAILURES: readonly ErrorCode[] = ['KERNEL', 'SERVER', 'DISK', 'QUEUE']
