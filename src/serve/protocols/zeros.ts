/** Requests and responses of the Open Inference Protocol whose tensors are zeros. */
import { KairosError } from '../../model/errors.ts'
import type { InferRequest, InferResponse, ModelMetadata, TensorMetadata } from './inference.ts'

/** Bytes of an element, by datatype of the protocol. An element of BYTES starts with its length, here 0. */
export const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1],
  ['UINT8', 1],
  ['INT8', 1],
  ['UINT16', 2],
  ['INT16', 2],
  ['FP16', 2],
  ['BF16', 2],
  ['UINT32', 4],
  ['INT32', 4],
  ['FP32', 4],
  ['UINT64', 8],
  ['INT64', 8],
  ['FP64', 8],
  ['BYTES', 4],
])

/** The most bytes of all tensors of a request unless given: larger ones come from shapes that were misread. */
const MOST_BYTES = 2 ** 30

/** The version of every model that answers with zeros. */
export const ZERO_VERSION = '1'

/**
 * A request of `batch` items for a model with the given inputs: all elements are zero (or empty texts). The first
 * dimension is the batch where it is free (-1); further free dimensions are 1.
 *
 * @param mostBytes of all tensors; 1 GiB unless given
 * @throws KairosError BAD_MODEL for a model without inputs, an unknown datatype, a dimension that is no number of
 *   elements, larger tensors, or a first dimension of the first input that is neither free nor the batch
 */
export function zeroRequest(metadata: ModelMetadata, batch: number, mostBytes = MOST_BYTES): InferRequest {
  if (metadata.inputs.length === 0) refuse(metadata, 'names no inputs', 'the batch has no place in a request')
  const inputs = metadata.inputs.map((input, i) => ({
    name: input.name,
    datatype: input.datatype,
    // only the first input has to have the batch as its first dimension
    shape: i === 0 || input.shape[0] === -1 ? shapeOf(metadata, input, batch) : input.shape.map(freeIsOne),
  }))
  let total = 0
  return {
    modelName: metadata.name,
    inputs,
    rawInputContents: inputs.map((input) => {
      const width = ELEMENT_BYTES.get(input.datatype)
      if (width === undefined) {
        refuse(metadata, `takes ${input.datatype} for ${input.name}`, 'the protocol has no such datatype')
      }
      if (!input.shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0)) {
        refuse(metadata, `takes ${input.name} of shape [${input.shape}]`, 'a dimension is at least 0, or -1')
      }
      const bytes = input.shape.reduce((size, dimension) => size * dimension, width)
      total += bytes
      if (total > mostBytes) {
        const problem = `takes ${total} bytes up to ${input.name}, and the limit is ${mostBytes}`
        refuse(metadata, problem, 'use smaller sizes')
      }
      return Buffer.alloc(bytes)
    }),
  }
}

function shapeOf(metadata: ModelMetadata, { name, shape }: TensorMetadata, batch: number): number[] {
  const [first = -1, ...rest] = shape
  if (first !== -1 && first !== batch) {
    const problem = `takes ${first} as the first dimension of ${name}`
    refuse(metadata, problem, `a batch of ${batch} needs a free first dimension (-1)`)
  }
  return [batch, ...rest.map(freeIsOne)]
}

function freeIsOne(dimension: number): number {
  return dimension === -1 ? 1 : dimension
}

function refuse({ name }: ModelMetadata, problem: string, cure: string): never {
  throw new KairosError('BAD_MODEL', `the model "${name}" ${problem}`, {}, cure)
}

/** The metadata of a model with one number per item as input and as output. */
export function zeroMetadata(model: string, platform: string): ModelMetadata {
  return {
    name: model,
    versions: [ZERO_VERSION],
    platform,
    inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 1] }],
    outputs: [{ name: 'output', datatype: 'FP32', shape: [-1, 1] }],
  }
}

/** The response of such a model: zeros, and the service time as a parameter. */
export function zeroResponse(modelName: string, id: string, batch: number, exeTimeMs: number): InferResponse {
  return {
    modelName,
    modelVersion: ZERO_VERSION,
    id,
    parameters: { exe_time_ms: { doubleParam: exeTimeMs } },
    outputs: [{ name: 'output', datatype: 'FP32', shape: [batch, 1] }],
    rawOutputContents: [Buffer.alloc(4 * batch)],
  }
}
