/** Takes the place of the readable fallback kernel, which the page does not offer. */
import { KairosError } from '../../model/errors.ts'

export const fallbackKernel = new Proxy(
  {},
  {
    get() {
      throw new KairosError('BAD_USAGE', 'the page has only the WebAssembly kernel', { field: 'kernel' })
    },
  },
)
