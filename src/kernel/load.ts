import { valueText } from '../model/checks.ts'
import { digestOf } from '../model/digest.ts'
import { KairosError, refuseUsage } from '../model/errors.ts'
import type { Kernel, KernelName } from './contract.ts'
import { ENGINE_DIGEST } from './engine-digest.ts'
import { fallbackKernel } from './fallback/kernel.ts'
import { type Host, provideHost, requiredHost } from './host.ts'
import { createWasmKernel } from './wasm/kernel.ts'

/** The compiled module of each host's kernel, and the digest of the engine with it. */
const modules = new WeakMap<Host, WebAssembly.Module>()
const digests = new WeakMap<Host, string>()

/**
 * Loads the WebAssembly kernel in environments without the entry for Node, such as browsers. Everything then runs on
 * the calling thread.
 *
 * @param bytes the content of `kairos-wasm/kernel.wasm`
 * @throws KairosError BAD_USAGE for other bytes
 */
export async function useKernel(bytes: Uint8Array | ArrayBuffer): Promise<void> {
  if (!ArrayBuffer.isView(bytes) && Object.prototype.toString.call(bytes) !== '[object ArrayBuffer]')
    refuseKernel(`is ${valueText(bytes)}`)
  // no kernel is in shared memory
  const content = (bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)) as Uint8Array<ArrayBuffer>
  const host: Host = { threads: 1, kernelBytes: () => content }
  // browsers refuse to compile large modules synchronously
  const compiled = await WebAssembly.compile(content).catch((error) =>
    refuseKernel('is no WebAssembly', error),
  )
  modules.set(host, compiled)
  provideHost(host)
}

function refuseKernel(problem: string, cause?: unknown): never {
  const cure = 'the content of the file kairos-wasm/kernel.wasm is expected'
  throw new KairosError('BAD_USAGE', problem, { field: 'bytes' }, cure, { cause })
}

/** The compiled module: made once per thread, and handed to workers. */
export function compileKernel(): WebAssembly.Module {
  const host = requiredHost()
  const module = modules.get(host) ?? new WebAssembly.Module(host.kernelBytes() as Uint8Array<ArrayBuffer>)
  modules.set(host, module)
  return module
}

/** A digest of the kernel and all other code that computes results: it distinguishes results of different versions. */
export function engineDigest(): string {
  const host = requiredHost()
  const digest = digests.get(host) ?? digestOf({ code: ENGINE_DIGEST, kernel: host.kernelBytes() })
  digests.set(host, digest)
  return digest
}

/** A new kernel; two kernels never share memory. */
export function loadKernel(name: KernelName = 'wasm', module?: WebAssembly.Module): Kernel {
  if (name !== 'wasm' && name !== 'fallback') {
    refuseUsage('kernel', `is ${valueText(name)}`, 'it is wasm or fallback')
  }
  return name === 'fallback' ? fallbackKernel : createWasmKernel(module ?? compileKernel())
}
