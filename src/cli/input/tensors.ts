import { InvalidArgumentError, Option } from 'commander'
import type { TensorMetadata } from '../../serve/protocols/inference.ts'

type NamedShape = Pick<TensorMetadata, 'name' | 'shape'>

export interface TensorFlags {
  readonly input?: readonly TensorMetadata[]
  readonly shape?: readonly NamedShape[]
}

/** name:FP32:-1,64 */
function tensorInput(text: string, before: TensorFlags['input']): TensorMetadata[] {
  const [, name, datatype, dimensions] = /^(.+):([A-Z]+\d*):([-\d,]+)$/.exec(text.trim()) ?? []
  const shape = shapeOf(dimensions)
  if (shape !== undefined) return [...(before ?? []), { name, datatype, shape }]
  throw new InvalidArgumentError(
    'Expected name:DATATYPE:shape, such as tokens:INT64:-1,128; -1 is the batch.',
  )
}

/** name=-1,128 */
function tensorShape(text: string, before: TensorFlags['shape']): NamedShape[] {
  const [, name, dimensions] = /^(.+)=([-\d,]+)$/.exec(text.trim()) ?? []
  const shape = shapeOf(dimensions)
  if (shape !== undefined) return [...(before ?? []), { name, shape }]
  throw new InvalidArgumentError('Expected name=shape, such as tokens=-1,128; -1 is the batch.')
}

/** Undefined unless these are whole numbers above 0, or -1. */
function shapeOf(dimensions = ''): number[] | undefined {
  const shape = dimensions.split(',').map((text) => (text === '' ? Number.NaN : Number(text)))
  return shape.every((size) => Number.isInteger(size) && (size > 0 || size === -1)) ? shape : undefined
}

/** What a model takes, where its server does not say it. */
export const tensorFlags = () => [
  new Option(
    '--input <name:datatype:shape>',
    'an input of the model, instead of those that the server names; may be repeated',
  ).argParser(tensorInput),
  new Option(
    '--shape <name=shape>',
    'the shape of an input whose dimensions are free, such as tokens=-1,128; may be repeated',
  ).argParser(tensorShape),
]
