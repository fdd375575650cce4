/** Exit status of a process. */
export const DONE = 0
export const FAILED = 1
export const BAD_INPUT = 2
export const INFEASIBLE = 3
export const INTERRUPTED = 130
