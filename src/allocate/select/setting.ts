import type { Kernel, KernelName } from '../../kernel/contract.ts'
import { sharedKernel } from '../../kernel/shared.ts'
import { type EarlyEnd, NO_EARLY_END } from '../early-end.ts'

/** How a selection runs. */
export interface SelectSetting {
  readonly kernel: KernelName
  /** A kernel on the calling thread, for all steps of one request. */
  readonly here: Kernel
  readonly threads: number
  readonly signal?: AbortSignal | undefined
  /** When the selection ends with what it has found. */
  readonly end: EarlyEnd
  /** Called with the number of configurations that are done. */
  readonly onExamined?: ((done: number) => void) | undefined
}

/** @param setting without an `end` nothing ends early */
export function selectSetting(
  setting: Omit<SelectSetting, 'here' | 'end'> & { end?: EarlyEnd },
): SelectSetting {
  return { end: NO_EARLY_END, ...setting, here: sharedKernel(setting.kernel) }
}
