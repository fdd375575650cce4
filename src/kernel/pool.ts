import type { Kernel, KernelName } from './contract.ts'
import { type KernelPool, providedHost } from './host.ts'
import { loadKernel } from './load.ts'
import { nextTurn } from './next-turn.ts'

/** Threads of the host; the calling thread where the host has none. */
export async function openPool(threads: number, kernel: KernelName): Promise<KernelPool> {
  const host = providedHost()
  return host?.openPool ? host.openPool(threads, kernel) : callingThread(loadKernel(kernel))
}

/** A kernel on the calling thread. It blocks during a call; other work gets its turn between two calls. */
export function callingThread(kernel: Kernel): KernelPool {
  return {
    threads: 1,
    run: async <N extends keyof Kernel>(name: N, input: Parameters<Kernel[N]>[0]) => {
      const call = kernel[name] as (input: Parameters<Kernel[N]>[0]) => ReturnType<Kernel[N]>
      const result = call(input)
      await nextTurn()
      return result
    },
    close: () => Promise.resolve(),
  }
}

/** Works through items in lanes, usually one per thread: each lane takes the next item when it is done with one. */
export async function inLanes<T>(
  lanes: number,
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]()
  const lane = async () => {
    for (let next = left.next(); next.done !== true; next = left.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
