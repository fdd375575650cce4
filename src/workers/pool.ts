import type { Kernel, KernelName } from '../kernel/contract.ts'
import type { KernelPool } from '../kernel/host.ts'
import { compileKernel } from '../kernel/load.ts'
import { type ErrorParts, errorOf } from '../model/errors.ts'
import { packageFile, packageRequire } from '../model/package-files.ts'

/** What a worker is started with. */
export interface WorkerSetting {
  readonly kernel: KernelName
  readonly module: WebAssembly.Module
}

/** What a worker answers: what the kernel returned, or the error that it threw. */
export type WorkerAnswer = { readonly result: unknown } | { readonly error: ErrorParts }

/** The built worker, from src and from dist alike: a thread cannot load TypeScript. */
const WORKER = 'dist/workers/worker.js'

/**
 * Starts `threads` workers, each with its own kernel made from the one compiled module. It takes about 40 ms,
 * so it pays off for work of some hundred milliseconds and more.
 */
export async function openPool(threads: number, kernel: KernelName): Promise<KernelPool> {
  // loaded here: most commands need no pool, and loading takes 20 ms
  const { Piscina } = packageRequire('piscina') as typeof import('piscina')
  const setting: WorkerSetting = { kernel, module: compileKernel() }
  const pool = new Piscina({
    filename: packageFile(WORKER),
    workerData: setting,
    // the worker is plain JavaScript: loaders and inspectors of the parent would only slow its start
    execArgv: [],
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
  })
  let closed: Promise<void> | undefined
  pool.on('error', (error) => {
    // a thread that is being closed may still answer
    if (!closed) throw error
  })
  return {
    threads,
    run: async <N extends keyof Kernel>(name: N, input: Parameters<Kernel[N]>[0]) => {
      const answer: WorkerAnswer = await pool.run({ name, input })
      if ('error' in answer) throw errorOf(answer.error)
      return answer.result as ReturnType<Kernel[N]>
    },
    close: () => {
      // only once: after a second call, piscina would take the threads that end for broken ones, and replace them
      closed ??= pool.destroy()
      return closed
    },
  }
}
