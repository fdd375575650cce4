import { expect, test } from 'vitest'
import { resolveInputs } from '../../../src/serve/protocols/model-inputs.ts'

const x = { name: 'x', datatype: 'FP32', shape: [-1, 2] }
const shapes = [{ name: 'x', shape: [-1, 3] }]

test('a shape that does not fit is compared with who said the other one', () => {
  const metadata = { name: 'm', versions: [], platform: '', inputs: [x], outputs: [] }
  const cure = 'only free dimensions can be set'
  expect(() => resolveInputs(metadata, { shapes })).toThrow(
    `shape of x: is [-1,3], and the server says [-1,2]; ${cure}`,
  )
  expect(() => resolveInputs({ ...metadata, inputs: [] }, { inputs: [x], shapes })).toThrow(
    `shape of x: is [-1,3], and --input says [-1,2]; ${cure}`,
  )
})
