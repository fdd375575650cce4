import type { ErrorCode } from '../../model/errors.ts'

/** Exit status of a process. */
export const DONE = 0
export const FAILED = 1
export const BAD_INPUT = 2
export const INFEASIBLE = 3

/** The signals that interrupt a command, with its exit status: as in shells, 128 and the number of the signal. */
export const INTERRUPTED = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

export type Interruption = keyof typeof INTERRUPTED

/** Errors that no change of the input prevents: the status is `FAILED`. */
export const FAILURES: readonly ErrorCode[] = ['KERNEL', 'SERVER', 'DISK', 'QUEUE']
