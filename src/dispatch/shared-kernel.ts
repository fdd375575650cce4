import type { Kernel, KernelName } from '../kernel/contract.ts'
import { loadKernel } from '../kernel/load.ts'

const kernels = new Map<KernelName, Kernel>()

/** One kernel for calls that do not overlap and keep no state. */
export function sharedKernel(name: KernelName = 'wasm'): Kernel {
  const kernel = kernels.get(name) ?? loadKernel(name)
  kernels.set(name, kernel)
  return kernel
}
