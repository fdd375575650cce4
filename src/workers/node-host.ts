import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Host } from '../kernel/host.ts'
import { packageFile, packageRequire } from '../model/package-files.ts'
import { openPool } from './pool.ts'

/** Node: the kernel from its file, threads from piscina. */
export const nodeHost: Host = {
  kernelBytes: () => readFileSync(packageFile('build/kernel.wasm')),
  threads: availableParallelism(),
  openPool,
  lpSolver: () => packageRequire('javascript-lp-solver'),
}
