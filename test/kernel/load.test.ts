import { expect, test } from 'vitest'
import { useKernel } from '../../src/kernel/load.ts'

test.each<[string, unknown, string]>([
  ['a length', 1e9, 'bytes: is 1000000000'],
  ['a text', 'kernel.wasm', 'bytes: is "kernel.wasm"'],
  ['other bytes', Uint8Array.of(1, 2, 3), 'bytes: is no WebAssembly'],
])('a kernel of %s is refused', async (_what, bytes, message) => {
  await expect(useKernel(bytes as never)).rejects.toMatchObject({
    code: 'BAD_USAGE',
    message: `${message}; the content of the file kairos-wasm/kernel.wasm is expected`,
  })
})
