/** Which inputs a model takes, where its server does not say it, or leaves dimensions free. */
import { KairosError, refuseUsage } from '../../model/errors.ts'
import type { ModelMetadata, TensorMetadata } from './inference.ts'

/** What a user says of the inputs of a model. */
export interface AskedInputs {
  /** All inputs, instead of those that the server names. The first dimension of a shape is the batch where it is -1. */
  readonly inputs?: readonly TensorMetadata[] | undefined
  /** Shapes of inputs that the server names, with numbers where it leaves a dimension free. */
  readonly shapes?: readonly Pick<TensorMetadata, 'name' | 'shape'>[] | undefined
}

/**
 * @throws KairosError BAD_USAGE for what is no list of inputs, for an input that is named twice, and for inputs of no
 *   model: the published protocol has none
 */
export function checkAskedInputs(model: string | undefined, { inputs, shapes }: AskedInputs): void {
  for (const [field, named = []] of Object.entries({ inputs, shapes })) {
    const isTyped = field === 'inputs'
    const isList =
      Array.isArray(named) && Array.from<TensorMetadata>(named).every((one) => isTensor(one, isTyped))
    const expected = isTyped ? '{ name, datatype, shape }' : '{ name, shape }'
    if (!isList) refuseUsage(field, 'is no list of inputs', `${expected} is expected of each`)
    const names = named.map(({ name }) => name)
    const twice = names.find((name, i) => names.indexOf(name) < i)
    if (twice !== undefined) refuseUsage(field, `names ${twice} twice`, 'name it once')
  }
  if (model !== undefined || (inputs ?? shapes) === undefined) return
  const field = inputs === undefined ? 'shapes' : 'inputs'
  const cure = 'the published protocol has no inputs: name the model'
  refuseUsage(field, 'is given without a model', cure)
}

/**
 * Whether a value is an input, or the shape of one.
 *
 * @param isTyped whether it needs a data type, which a shape does not have
 */
function isTensor(value: Partial<TensorMetadata> | null | undefined, isTyped: boolean): boolean {
  const { name, shape, datatype } = value ?? {}
  const isDimension = (size: number) => Number.isInteger(size) && (size > 0 || size === -1)
  return (
    typeof name === 'string' &&
    (typeof datatype === 'string' || (datatype === undefined && !isTyped)) &&
    Array.isArray(shape) &&
    Array.from(shape).every(isDimension)
  )
}

interface ResolvedInputs {
  /** Only first dimensions are free. */
  readonly metadata: ModelMetadata
  /** Sentences about dimensions that nobody has set. */
  readonly notes: readonly string[]
}

/**
 * The inputs that a model is sent: those of the server, with the shapes that were asked for. Free dimensions behind the
 * first are 1 where nobody has set them, and a note says so.
 *
 * @throws KairosError BAD_MODEL for a model without inputs; BAD_USAGE for a shape that does not fit
 */
export function resolveInputs(metadata: ModelMetadata, { inputs, shapes = [] }: AskedInputs): ResolvedInputs {
  const named = inputs ?? metadata.inputs
  if (named.length === 0) {
    const cure = 'say which it takes: --input name:FP32:-1,64'
    throw new KairosError('BAD_MODEL', `the model "${metadata.name}" names no inputs`, {}, cure)
  }
  for (const { name } of shapes) {
    if (named.some((input) => input.name === name)) continue
    const cure = `it has ${named.map((input) => input.name).join(', ')}`
    throw refusedShape(name, `is no input of the model "${metadata.name}"`, cure)
  }
  const notes: string[] = []
  const resolved = named.map((input, i) => {
    const asked = shapes.find(({ name }) => name === input.name)
    const shape = asked
      ? withShape(input, asked.shape, i === 0, inputs ? '--input' : 'the server')
      : input.shape
    const free = shape.slice(1).filter((dimension) => dimension === -1).length
    if (free > 0) {
      const example = [shape[0], ...shape.slice(1).map((dimension) => (dimension === -1 ? 128 : dimension))]
      notes.push(
        `${free === 1 ? 'a free dimension' : `${free} free dimensions`} of ${input.name} [${shape}] set to 1, which may be much faster than real inputs: set with --shape ${input.name}=${example}`,
      )
    }
    const fixed = shape.map((dimension, d) => (d > 0 && dimension === -1 ? 1 : dimension))
    return { ...input, shape: fixed }
  })
  return { metadata: { ...metadata, inputs: resolved }, notes }
}

/**
 * The shape that was asked for, if it agrees with what the server says, or what was said instead of it.
 *
 * @param by who says it
 */
function withShape(
  { name, shape }: TensorMetadata,
  asked: readonly number[],
  isFirst: boolean,
  by: string,
): number[] {
  if (asked.length !== shape.length) {
    throw refusedShape(name, `has ${asked.length} dimensions, and ${by} says [${shape}]`, 'name all of them')
  }
  return asked.map((dimension, d) => {
    // the batch takes the place of a free first dimension
    if (d === 0 && shape[0] === -1 && dimension === 1) return -1
    if (d === 0 && isFirst && dimension !== -1) {
      throw refusedShape(name, `starts with ${dimension}`, 'its first dimension is the batch: write -1')
    }
    if (shape[d] === -1 || shape[d] === dimension) return dimension
    throw refusedShape(name, `is [${asked}], and ${by} says [${shape}]`, 'only free dimensions can be set')
  })
}

function refusedShape(name: string, problem: string, cure: string): KairosError {
  return new KairosError('BAD_USAGE', problem, { field: `shape of ${name}` }, cure)
}
