// The one worker file: a kernel of its own, and whatever of it is asked for.
import { workerData } from 'node:worker_threads'
import type { Kernel } from '../kernel/contract.ts'
import { createWasmKernel } from '../kernel/wasm/kernel.ts'
import type { KernelCall, WorkerSetting } from './pool.ts'

const kernel = await kernelOf(workerSetting())

export default function run<N extends KernelCall['name']>({ name, input }: KernelCall<N>): unknown {
  return (kernel[name] as (input: KernelCall<N>['input']) => unknown)(input)
}

// the fallback brings a solver along, which takes as long to load as all the rest: only where it is wanted
async function kernelOf({ kernel: name, module }: WorkerSetting): Promise<Kernel> {
  if (name === 'wasm') return createWasmKernel(module)
  return (await import('../kernel/fallback/kernel.ts')).fallbackKernel
}

// piscina wraps what it was given: its own entries stand before ours
function workerSetting(): WorkerSetting {
  return Array.isArray(workerData) ? workerData[1] : workerData
}
