import { KairosError } from '../../model/errors.ts'
import type { InferRequest, ModelMetadata, TensorMetadata } from './inference.ts'

/** Bytes of one element, by datatype of the Open Inference Protocol; BYTES have a length before them. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  UINT8: 1,
  INT8: 1,
  UINT16: 2,
  INT16: 2,
  FP16: 2,
  BF16: 2,
  UINT32: 4,
  INT32: 4,
  FP32: 4,
  UINT64: 8,
  INT64: 8,
  FP64: 8,
  BYTES: 4,
}

/** Larger tensors are no query of a benchmark, but a shape that was misread. */
const MOST_BYTES = 2 ** 30

/**
 * A request of `batch` items for a model that says what it takes: every input filled with zeros (or empty
 * texts), the first dimension the batch where it is free, free dimensions behind it 1.
 *
 * @throws KairosError BAD_MODEL for a model without inputs, a datatype that the protocol does not have, or a
 *   first dimension of the first input that is neither free nor the batch
 */
export function zeroRequest(metadata: ModelMetadata, batch: number): InferRequest {
  if (metadata.inputs.length === 0) refuse(metadata, 'names no inputs', 'a batch has to go somewhere')
  const inputs = metadata.inputs.map((input, i) => ({
    name: input.name,
    datatype: input.datatype,
    // the batch is that of the first input; another one may have none
    shape: i === 0 || input.shape[0] === -1 ? shapeOf(metadata, input, batch) : input.shape.map(freeIsOne),
  }))
  return {
    modelName: metadata.name,
    inputs,
    rawInputContents: inputs.map((input) => {
      const width = ELEMENT_BYTES[input.datatype]
      if (width === undefined) {
        refuse(metadata, `takes ${input.datatype} for ${input.name}`, 'that is no datatype of the protocol')
      }
      const bytes = input.shape.reduce((size, dimension) => size * dimension, width)
      if (bytes > MOST_BYTES) refuse(metadata, `takes ${bytes} bytes for ${input.name}`, 'use smaller sizes')
      return Buffer.alloc(bytes)
    }),
  }
}

function shapeOf(metadata: ModelMetadata, { name, shape }: TensorMetadata, batch: number): number[] {
  const [first = -1, ...rest] = shape
  if (first !== -1 && first !== batch) {
    const problem = `takes ${first} as the first dimension of ${name}`
    refuse(metadata, problem, `it has to be free (-1), or a batch of ${batch} cannot be sent`)
  }
  return [batch, ...rest.map(freeIsOne)]
}

function freeIsOne(dimension: number): number {
  return dimension === -1 ? 1 : dimension
}

function refuse({ name }: ModelMetadata, problem: string, cure: string): never {
  throw new KairosError('BAD_MODEL', `the model "${name}" ${problem}`, {}, cure)
}
