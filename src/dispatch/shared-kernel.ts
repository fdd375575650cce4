import type { Kernel, KernelName } from '../kernel/contract.ts'
import { loadKernel } from '../kernel/load.ts'

const kernels = new Map<KernelName, Kernel>()

/** One kernel for all calls that never overlap and leave nothing behind. */
export function sharedKernel(name: KernelName = 'wasm'): Kernel {
  const kernel = kernels.get(name) ?? loadKernel(name)
  kernels.set(name, kernel)
  return kernel
}
