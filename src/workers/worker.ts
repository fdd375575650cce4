// The one worker file: a kernel that runs any function of its contract.
import { workerData } from 'node:worker_threads'
import type { Kernel } from '../kernel/contract.ts'
import type { KernelCall } from '../kernel/host.ts'
import { createWasmKernel } from '../kernel/wasm/kernel.ts'
import { KairosError, partsOf } from '../model/errors.ts'
import type { WorkerAnswer, WorkerSetting } from './pool.ts'

const kernel = await kernelOf(workerSetting())

export default function run<N extends KernelCall['name']>({ name, input }: KernelCall<N>): WorkerAnswer {
  try {
    return { result: (kernel[name] as (input: KernelCall<N>['input']) => unknown)(input) }
  } catch (error) {
    if (!(error instanceof KairosError)) throw error
    return { error: partsOf(error) }
  }
}

async function kernelOf({ kernel: name, module }: WorkerSetting): Promise<Kernel> {
  if (name === 'wasm') return createWasmKernel(module)
  // imported here: the fallback needs more modules than the kernel
  const [{ provideHost }, { loadKernel }, { nodeHost }] = await Promise.all([
    import('../kernel/host.ts'),
    import('../kernel/load.ts'),
    import('./node-host.ts'),
  ])
  provideHost(nodeHost)
  return loadKernel(name)
}

// piscina puts its own entry before the data that it is given
function workerSetting(): WorkerSetting {
  return Array.isArray(workerData) ? workerData[1] : workerData
}
