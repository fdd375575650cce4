import { expect, test } from 'vitest'
import { DISPATCHER_FUNCTIONS, KERNEL_FUNCTIONS } from '../../src/kernel/contract.ts'
import { compileKernel } from '../../src/kernel/load.ts'
import { backends, checkedModule } from './backends.ts'

/** Exports that serve the host's layout of the arena and are no function of the contract. */
const isLayout = (name: string) => /^grow|Bytes$/.test(name)

test.each([
  ['release', compileKernel()],
  ['checked', checkedModule()],
])('the %s module exports the functions of the contract, and its memory', (_name, module) => {
  const exported = WebAssembly.Module.exports(module)
  const functions = exported.filter(({ kind, name }) => kind === 'function' && !isLayout(name))
  expect(functions.map(({ name }) => name).sort()).toEqual(
    [...KERNEL_FUNCTIONS, ...DISPATCHER_FUNCTIONS].sort(),
  )
  expect(exported.filter(({ kind }) => kind !== 'function').map(({ name }) => name)).toEqual(['memory'])
  expect(WebAssembly.Module.imports(module)).toEqual([])
})

test.each(backends)('the %s kernel offers the functions of the contract', (_name, kernel) => {
  expect(Object.keys(kernel).sort()).toEqual([...KERNEL_FUNCTIONS].sort())
})

test.each(backends)('a dispatcher of the %s kernel offers its functions', (_name, kernel) => {
  const rule = { kind: 'fcfs' } as const
  const dispatcher = kernel.createDispatcher({
    types: 1,
    bins: 1,
    meanMs: Float64Array.of(1),
    instanceType: new Int32Array(),
    rule,
  })
  for (const name of DISPATCHER_FUNCTIONS) expect(dispatcher[name]).toBeTypeOf('function')
})
