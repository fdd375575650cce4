/**
 * The Open Inference Protocol, version 2, over gRPC: `inference.GRPCInferenceService`, which Triton, KServe,
 * MLServer and OpenVINO Model Server speak. The batch of a request is the first dimension of its first input.
 */
import { type Description, methodsOf, type Unary, unary } from './package.ts'

type Empty = Record<string, never>

interface ModelRequest {
  readonly name: string
  /** Empty: the server chooses. */
  readonly version: string
}

export interface TensorMetadata {
  readonly name: string
  readonly datatype: string
  /** -1 where a dimension is free. */
  readonly shape: readonly number[]
}

export interface ModelMetadata {
  readonly name: string
  readonly versions: readonly string[]
  readonly platform: string
  readonly inputs: readonly TensorMetadata[]
  readonly outputs: readonly TensorMetadata[]
}

/** A tensor without its elements: those stand in the raw contents of the message, in the same order. */
interface Tensor {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  readonly contents?: object | null
}

interface InferParameter {
  readonly boolParam?: boolean
  readonly int64Param?: number
  readonly stringParam?: string
  readonly doubleParam?: number
  readonly uint64Param?: number
}

export interface InferRequest {
  readonly modelName: string
  readonly modelVersion?: string
  readonly id?: string
  readonly parameters?: Readonly<Record<string, InferParameter>>
  readonly inputs: readonly Tensor[]
  readonly rawInputContents?: readonly Uint8Array[]
}

export interface InferResponse {
  readonly modelName: string
  readonly modelVersion?: string
  readonly id?: string
  readonly parameters?: Readonly<Record<string, InferParameter>>
  readonly outputs: readonly Tensor[]
  readonly rawOutputContents?: readonly Uint8Array[]
}

const name = { type: 'string', id: 1 }
const nameAndVersion = { name, version: { type: 'string', id: 2 } }
const parameters = (id: number) => ({ keyType: 'string', type: 'inference.InferParameter', id })

const tensor = {
  fields: {
    name,
    datatype: { type: 'string', id: 2 },
    shape: { rule: 'repeated', type: 'int64', id: 3 },
    parameters: parameters(4),
    contents: { type: 'inference.InferTensorContents', id: 5 },
  },
}

const modelNameVersionId = {
  modelName: { type: 'string', id: 1 },
  modelVersion: { type: 'string', id: 2 },
  id: { type: 'string', id: 3 },
  parameters: parameters(4),
}

const description: Description = {
  nested: {
    inference: {
      nested: {
        ServerLiveRequest: { fields: {} },
        ServerLiveResponse: { fields: { live: { type: 'bool', id: 1 } } },
        ServerReadyRequest: { fields: {} },
        ServerReadyResponse: { fields: { ready: { type: 'bool', id: 1 } } },
        ModelReadyRequest: { fields: nameAndVersion },
        ModelReadyResponse: { fields: { ready: { type: 'bool', id: 1 } } },
        ServerMetadataRequest: { fields: {} },
        ServerMetadataResponse: {
          fields: { ...nameAndVersion, extensions: { rule: 'repeated', type: 'string', id: 3 } },
        },
        ModelMetadataRequest: { fields: nameAndVersion },
        ModelMetadataResponse: {
          fields: {
            name,
            versions: { rule: 'repeated', type: 'string', id: 2 },
            platform: { type: 'string', id: 3 },
            inputs: { rule: 'repeated', type: 'TensorMetadata', id: 4 },
            outputs: { rule: 'repeated', type: 'TensorMetadata', id: 5 },
          },
          nested: {
            TensorMetadata: {
              fields: {
                name,
                datatype: { type: 'string', id: 2 },
                shape: { rule: 'repeated', type: 'int64', id: 3 },
              },
            },
          },
        },
        InferParameter: {
          oneofs: {
            parameterChoice: {
              oneof: ['boolParam', 'int64Param', 'stringParam', 'doubleParam', 'uint64Param'],
            },
          },
          fields: {
            boolParam: { type: 'bool', id: 1 },
            int64Param: { type: 'int64', id: 2 },
            stringParam: { type: 'string', id: 3 },
            doubleParam: { type: 'double', id: 4 },
            uint64Param: { type: 'uint64', id: 5 },
          },
        },
        InferTensorContents: {
          fields: {
            boolContents: { rule: 'repeated', type: 'bool', id: 1 },
            intContents: { rule: 'repeated', type: 'int32', id: 2 },
            int64Contents: { rule: 'repeated', type: 'int64', id: 3 },
            uintContents: { rule: 'repeated', type: 'uint32', id: 4 },
            uint64Contents: { rule: 'repeated', type: 'uint64', id: 5 },
            fp32Contents: { rule: 'repeated', type: 'float', id: 6 },
            fp64Contents: { rule: 'repeated', type: 'double', id: 7 },
            bytesContents: { rule: 'repeated', type: 'bytes', id: 8 },
          },
        },
        ModelInferRequest: {
          fields: {
            ...modelNameVersionId,
            inputs: { rule: 'repeated', type: 'InferInputTensor', id: 5 },
            outputs: { rule: 'repeated', type: 'InferRequestedOutputTensor', id: 6 },
            rawInputContents: { rule: 'repeated', type: 'bytes', id: 7 },
          },
          nested: {
            InferInputTensor: tensor,
            InferRequestedOutputTensor: { fields: { name, parameters: parameters(2) } },
          },
        },
        ModelInferResponse: {
          fields: {
            ...modelNameVersionId,
            outputs: { rule: 'repeated', type: 'InferOutputTensor', id: 5 },
            rawOutputContents: { rule: 'repeated', type: 'bytes', id: 6 },
          },
          nested: { InferOutputTensor: tensor },
        },
        GRPCInferenceService: {
          methods: Object.fromEntries(
            ['ServerLive', 'ServerReady', 'ServerMetadata', 'ModelReady', 'ModelMetadata', 'ModelInfer'].map(
              (method) => [method, unary(`${method}Request`, `${method}Response`)],
            ),
          ),
        },
      },
    },
  },
}

export const inference = methodsOf<{
  ServerLive: Unary<Empty, { live: boolean }>
  ServerReady: Unary<Empty, { ready: boolean }>
  ServerMetadata: Unary<Empty, { name: string; version: string; extensions: string[] }>
  ModelReady: Unary<ModelRequest, { ready: boolean }>
  ModelMetadata: Unary<ModelRequest, ModelMetadata>
  ModelInfer: Unary<InferRequest, InferResponse>
}>(description, 'inference.GRPCInferenceService')
