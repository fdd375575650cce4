/**
 * Any unary method of gRPC. The batch of a request is read at a path of field numbers, as in `2.2.2.2.1`: the first
 * occurrence of each field is followed, and the last one is a number, or the first of a packed list of numbers. With
 * `[]` at its end, as in `3[]`, the path counts how often its last field occurs.
 */
import type protobuf from 'protobufjs/minimal.js'
import { checkGiven, type OptionNames } from '../../model/checks.ts'
import { refuseUsage } from '../../model/errors.ts'
import { isBytes, MalformedMessage, readFields, readFirstInt64, readInt64, textOf } from './fields.ts'
import type { RoutedProtocol } from './routed-protocol.ts'

/** A unary gRPC method that is routed beside the known protocols. */
export interface CustomMethod {
  /** `/package.Service/Method`. */
  readonly method: string
  /** Where a request has its batch. */
  readonly batchField: string
  /** Where it has its model; requests go to the first model unless given. */
  readonly modelField?: string | undefined
}

const OPTIONS: OptionNames<CustomMethod> = { method: true, batchField: true, modelField: true }

interface FieldPath {
  readonly fields: readonly number[]
  readonly counts: boolean
}

/** The largest field number of a message. */
const LAST_FIELD = 2 ** 29 - 1

/** @throws KairosError BAD_USAGE for a method or a path that is not one */
export function customProtocol(custom: CustomMethod): RoutedProtocol {
  checkGiven(custom, OPTIONS)
  const { method, batchField, modelField } = custom
  if (!/^\/[\w.]+\/\w+$/.test(method)) {
    refuseUsage('method', `is "${method}"`, 'write /package.Service/Method')
  }
  const batchPath = parsePath('batchField', batchField)
  const modelPath = modelField === undefined ? undefined : parsePath('modelField', modelField)
  return {
    path: method,
    readRequest(request) {
      const batch = readNumber(request, batchPath)
      return modelPath === undefined ? { batch } : { batch, model: readModel(request, modelPath) }
    },
    requestFor: (request) => request,
    checkResponse: () => undefined,
  }
}

function parsePath(field: string, text: string): FieldPath {
  const counts = text.endsWith('[]')
  const fields = (counts ? text.slice(0, -2) : text).split('.').map(Number)
  if (fields.every((number) => Number.isInteger(number) && number > 0 && number <= LAST_FIELD)) {
    return { fields, counts }
  }
  const cure = 'write the numbers of protobuf fields, as in 1.2, or in 3[] to count'
  refuseUsage(field, `is "${text}"`, cure)
}

/** The bytes of the message that has the last field of a path; undefined if there is none. */
function parentOf(message: Uint8Array, fields: readonly number[]): Uint8Array | undefined {
  let parent: Uint8Array | undefined = message
  for (const field of fields.slice(0, -1)) {
    const outer: Uint8Array = parent
    parent = undefined
    readFields(outer, (tag, value) => {
      if (parent !== undefined || !isBytes(tag, field)) return false
      parent = value.bytes()
      return true
    })
    if (parent === undefined) return undefined
  }
  return parent
}

function readNumber(message: Uint8Array, { fields, counts }: FieldPath): number {
  const parent = parentOf(message, fields)
  if (parent === undefined) return Number.NaN
  const last = fields[fields.length - 1]
  let count = 0
  let number = Number.NaN
  readFields(parent, (tag, value) => {
    if (tag >>> 3 !== last) return false
    count++
    if (counts || count > 1) return false
    number = firstNumber(value, tag & 7)
    return true
  })
  return counts ? count : number
}

/** A varint, or the first of a packed list of them. */
function firstNumber(value: protobuf.Reader, wireType: number): number {
  if (wireType === 0) return readInt64(value)
  if (wireType !== 2) throw new MalformedMessage()
  return readFirstInt64(value)
}

function readModel(message: Uint8Array, { fields }: FieldPath): string {
  const parent = parentOf(message, fields)
  return parent === undefined ? '' : textOf(parent, fields[fields.length - 1])
}
