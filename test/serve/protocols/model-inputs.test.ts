import { expect, test } from 'vitest'
import { checkAskedInputs, resolveInputs } from '../../../src/serve/protocols/model-inputs.ts'

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

test.each<[string, unknown]>([
  ['no list', { name: 'x', shape: [-1] }],
  ['an entry without a name', [{ shape: [-1] }]],
  ['a missing entry', new Array(1)],
  ['a shape that is no list', [{ name: 'x', shape: '-1,2' }]],
  ['a missing dimension', [{ name: 'x', shape: new Array(1) }]],
  ['a dimension of 0', [{ name: 'x', shape: [-1, 0] }]],
  ['a data type that is no text', [{ name: 'x', shape: [-1], datatype: 5 }]],
])('inputs are refused before a server is reached: %s', (_what, wrong) => {
  expect(() => checkAskedInputs('m', { inputs: wrong as never })).toThrow(
    'inputs: is no list of inputs; { name, datatype, shape } is expected of each',
  )
  expect(() => checkAskedInputs('m', { shapes: wrong as never })).toThrow(
    'shapes: is no list of inputs; { name, shape } is expected of each',
  )
})

test('an input needs a data type, and the shape of one does not', () => {
  const untyped = [{ name: 'x', shape: [-1] }]
  expect(() => checkAskedInputs('m', { inputs: untyped as never })).toThrow('inputs: is no list of inputs')
  expect(() => checkAskedInputs('m', { shapes: untyped })).not.toThrow()
})
