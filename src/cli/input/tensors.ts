import { InvalidArgumentError, Option } from 'commander'

interface NamedShape {
  readonly name: string
  readonly shape: readonly number[]
}

interface NamedInput extends NamedShape {
  readonly datatype: string
}

/** name:FP32:-1,64 */
export function tensorInput(text: string, before: readonly NamedInput[] | undefined): NamedInput[] {
  const [, name, datatype, dimensions] = /^(.+):([A-Z]+\d*):([-\d,]+)$/.exec(text.trim()) ?? []
  const shape = shapeOf(dimensions)
  if (shape !== undefined) return [...(before ?? []), { name, datatype, shape }]
  throw new InvalidArgumentError(
    'Expected name:DATATYPE:shape, such as tokens:INT64:-1,128; -1 is the batch.',
  )
}

/** name=-1,128 */
export function tensorShape(text: string, before: readonly NamedShape[] | undefined): NamedShape[] {
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
