// The one worker file: a kernel of its own, and whatever of it is asked for.
import { workerData } from 'node:worker_threads'
import { loadKernel } from '../kernel/load.ts'
import type { KernelCall, WorkerSetting } from './pool.ts'

const { kernel: name, module } = workerSetting()
const kernel = loadKernel(name, module)

export default function run<N extends KernelCall['name']>({ name, input }: KernelCall<N>): unknown {
  return (kernel[name] as (input: KernelCall<N>['input']) => unknown)(input)
}

// piscina wraps what it was given: its own entries stand before ours
function workerSetting(): WorkerSetting {
  return Array.isArray(workerData) ? workerData[1] : workerData
}
