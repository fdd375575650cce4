import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { KairosError } from '../model/errors.ts'
import type { Kernel } from './contract.ts'
import { fallbackKernel } from './fallback/kernel.ts'
import { createWasmKernel } from './wasm/kernel.ts'

/** The implementations of the kernel contract. */
export type KernelName = 'wasm' | 'fallback'

let compiled: WebAssembly.Module | undefined
let digest: string | undefined

const bytesOfKernel = () => readFileSync(new URL('../../build/kernel.wasm', import.meta.url))

/** The compiled module: made once in a process, and handed to its workers. */
export function compileKernel(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(bytesOfKernel())
  return compiled
}

/** The SHA-256 of the compiled module, in hex: what tells results of different versions apart. */
export function kernelDigest(): string {
  digest ??= createHash('sha256').update(bytesOfKernel()).digest('hex')
  return digest
}

/** A kernel of its own: two of them never share memory. */
export function loadKernel(name: KernelName = 'wasm', module?: WebAssembly.Module): Kernel {
  if (name !== 'wasm' && name !== 'fallback') {
    throw new KairosError('BAD_USAGE', `is "${name}"`, { field: 'kernel' }, 'it is wasm or fallback')
  }
  return name === 'fallback' ? fallbackKernel : createWasmKernel(module ?? compileKernel())
}
