/**
 * The environment that the engine runs in. Node and a browser differ in where the kernel comes from and in how
 * threads start, so an entry provides its host once, before the first call.
 */
import { refuseUsage } from '../model/errors.ts'
import type { Kernel, KernelName } from './contract.ts'

/** A function of the kernel contract and its input, as it travels to a worker. */
export interface KernelCall<N extends keyof Kernel = keyof Kernel> {
  readonly name: N
  readonly input: Parameters<Kernel[N]>[0]
}

/** Kernels that run calls one after the other on each of some threads. */
export interface KernelPool {
  readonly threads: number
  /** Runs one function of the contract on the next free thread. @throws what the function throws */
  run<N extends keyof Kernel>(name: N, input: Parameters<Kernel[N]>[0]): Promise<ReturnType<Kernel[N]>>
  /** Ends the threads, even if they are busy. */
  close(): Promise<void>
}

/** What an environment offers: the kernel, and threads if it has them. */
export interface Host {
  /** The content of `kernel.wasm`. */
  kernelBytes(): Uint8Array
  /** Threads for large work, unless a request says otherwise. */
  readonly threads: number
  /** Starts kernels on threads of their own. Absent: everything runs on the calling thread. */
  openPool?(threads: number, kernel: KernelName): Promise<KernelPool>
  /** The module of `javascript-lp-solver`, which only the fallback's fluid bound needs. */
  lpSolver?(): unknown
}

let host: Host | undefined

/** Sets the host of this thread. */
export function provideHost(given: Host): void {
  host = given
}

/** The host, if an entry has provided one. */
export function providedHost(): Host | undefined {
  return host
}

/** @throws KairosError BAD_USAGE if no host has been provided */
export function requiredHost(): Host {
  if (host) return host
  const cure = 'call useKernel with the bytes of kernel.wasm first'
  refuseUsage('kernel', 'is not loaded', cure)
}

/** Threads for large work, unless a request says otherwise. */
export function defaultThreads(): number {
  return host?.threads ?? 1
}
