import type { Kernel, KernelName } from '../../kernel/contract.ts'
import { sharedKernel } from '../../kernel/shared.ts'
import type { EarlyEnd } from '../early-end.ts'

/** How a selection runs. */
export interface SelectSetting {
  readonly kernel: KernelName
  /** A kernel on the calling thread, for all steps of one request. */
  readonly here: Kernel
  readonly threads: number
  readonly signal?: AbortSignal | undefined
  /** When the selection ends with what it has found; never by default. */
  readonly end?: EarlyEnd | undefined
  /** Called with the number of configurations that are done. */
  readonly onExamined?: ((done: number) => void) | undefined
}

export function selectSetting(setting: Omit<SelectSetting, 'here'>): SelectSetting {
  return { ...setting, here: sharedKernel(setting.kernel) }
}

export function refuseAborted(signal: AbortSignal | undefined): void {
  signal?.throwIfAborted()
}
