import type { Kernel, KernelName } from './contract.ts'
import { loadKernel } from './load.ts'

const kernels = new Map<KernelName, Kernel>()

/**
 * The kernel of this thread, for calls that do not overlap and keep no state. To make an instance takes longer than
 * to rank thousands of configurations. Its memory stays as large as its largest call needed, so calls of unbounded
 * size, such as replays, load a kernel of their own.
 */
export function sharedKernel(name: KernelName = 'wasm'): Kernel {
  const kernel = kernels.get(name) ?? loadKernel(name)
  kernels.set(name, kernel)
  return kernel
}
