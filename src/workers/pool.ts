import { fileURLToPath } from 'node:url'
import type { Kernel } from '../kernel/contract.ts'
import { compileKernel, type KernelName } from '../kernel/load.ts'

/** What a worker is started with. */
export interface WorkerSetting {
  readonly kernel: KernelName
  readonly module: WebAssembly.Module
}

/** A function of the kernel contract and its input, as it travels to a worker. */
export interface KernelCall<N extends keyof Kernel = keyof Kernel> {
  readonly name: N
  readonly input: Parameters<Kernel[N]>[0]
}

/** Kernels on threads of their own. */
export interface KernelPool {
  readonly threads: number
  /** Runs one function of the contract on the next free thread. */
  run<N extends keyof Kernel>(name: N, input: Parameters<Kernel[N]>[0]): Promise<ReturnType<Kernel[N]>>
  /** Ends the threads, whatever they are doing. */
  close(): Promise<void>
}

// the built worker, from src and from dist alike: a thread cannot load TypeScript
const WORKER = fileURLToPath(new URL('../../dist/workers/worker.js', import.meta.url))

/**
 * Starts `threads` workers, each with a kernel of its own made from the one compiled module. Takes about
 * 40 ms: worth it for work of some hundred milliseconds and more.
 */
export async function openPool(threads: number, kernel: KernelName): Promise<KernelPool> {
  // loaded here: most questions need no pool, and loading it takes 20 ms
  const { Piscina } = await import('piscina')
  const setting: WorkerSetting = { kernel, module: compileKernel() }
  const pool = new Piscina({
    filename: WORKER,
    workerData: setting,
    // the worker is plain JavaScript: loaders and inspectors of the parent would only slow its start
    execArgv: [],
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
  })
  let closing = false
  pool.on('error', (error) => {
    // what a thread still answers while it is being ended is for nobody
    if (!closing) throw error
  })
  return {
    threads,
    run: (name, input) => pool.run({ name, input }),
    close: () => {
      closing = true
      return pool.destroy()
    },
  }
}
