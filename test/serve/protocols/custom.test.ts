import { describe, expect, test } from 'vitest'
import { customProtocol } from '../../../src/serve/protocols/custom.ts'
import { MalformedMessage } from '../../../src/serve/protocols/fields.ts'

const bytes = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')
const method = '/tensorflow.serving.PredictionService/Predict'

// PredictRequest by its published field numbers: model_spec { name "m" }, inputs { "x": FLOAT of shape [300, 2] }
const PREDICT = bytes(`
  0a03 0a016d
  1216 0a0178 1211 0801 1209 1203 08ac02 1202 0802 2a02 0000`)

describe('a method of the user', () => {
  test('a request of TensorFlow Serving has its batch in the shape of its first input, and its model', () => {
    const protocol = customProtocol({ method, batchField: '2.2.2.2.1', modelField: '1.1' })
    expect(protocol.readRequest(PREDICT)).toEqual({ batch: 300, model: 'm' })
    expect(protocol.path).toBe(method)
  })

  test.each([
    ['a number', '1', '08ac02', 300],
    ['a packed list', '3', '1a03 ac0205', 300],
    ['an empty packed list', '3', '1a00', Number.NaN],
    ['negative', '1', '08ffffffffffffffffff01', -1],
    ['the first of several', '1', '0805 0807', 5],
    ['how often a message occurs', '3[]', '1a00 1a0101 0801 1a00', 3],
    ['how often a nested message occurs', '2.3[]', '1204 1a00 1a00', 2],
    ['none', '4', '0801', Number.NaN],
    ['none, because the outer messages are missing', '4.1.1', '0801', Number.NaN],
    ['nothing to count', '3[]', '0801', 0],
    ['in a message of the largest number', '536870911.1', 'faffffff0f 02 0807', 7],
  ])('the batch is %s', (_what, batchField, request, batch) => {
    expect(customProtocol({ method, batchField }).readRequest(bytes(request))).toEqual({ batch })
  })

  test('bytes that are not a message, or a number of another type, are rejected', () => {
    const { readRequest } = customProtocol({ method, batchField: '1' })
    expect(() => readRequest(bytes('08'))).toThrow(MalformedMessage)
    // four bytes, in which a reader of packed lists would find a 7 and another field
    expect(() => readRequest(bytes('0d01070805'))).toThrow(MalformedMessage)
    // a packed list whose number is longer than the list
    expect(() => readRequest(bytes('0a01880805'))).toThrow(MalformedMessage)
  })

  test.each([
    ['Predict', '1', /method.*is "Predict"; write \/package.Service\/Method/],
    [method, '1.x', /batchField.*is "1.x"; write the numbers of protobuf fields/],
    [method, '', /batchField/],
    [method, '0', /batchField/],
    [method, '536870912', /batchField/],
  ])('%s with the batch at "%s" is rejected', (name, batchField, message) => {
    expect(() => customProtocol({ method: name, batchField })).toThrow(message)
  })
})
