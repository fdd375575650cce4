/**
 * The Open Inference Protocol, version 2, over gRPC: `inference.GRPCInferenceService`, which Triton, KServe,
 * MLServer and OpenVINO Model Server speak. The batch of a request is the first dimension of its first input.
 */
import type protobuf from 'protobufjs/minimal.js'
import { callMethod } from '../grpc/client/remote-method.ts'
import { methodsOf, type Unary } from '../grpc/method.ts'
import {
  checkFields,
  MalformedMessage,
  readFields,
  readFirstInt64,
  readInt64,
  textAt,
  textOf,
  withText,
} from './fields.ts'
import type { RoutedProtocol } from './routed-protocol.ts'

type Empty = Record<string, never>

interface ModelRequest {
  readonly name: string
  /** Empty: whichever the server chooses. */
  readonly version: string
}

/** An input or an output of a model in the Open Inference Protocol. */
export interface TensorMetadata {
  readonly name: string
  /** Of the protocol, such as FP32. */
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

/** A tensor without its elements: these are in the raw contents of the message, in the same order. */
interface Tensor extends TensorMetadata {
  readonly contents?: object | null
}

interface InferParameter {
  readonly boolParam?: boolean
  readonly int64Param?: number
  readonly stringParam?: string
  readonly doubleParam?: number
  readonly uint64Param?: number
}

interface InferMessage {
  readonly modelName: string
  readonly modelVersion?: string
  readonly id?: string
  readonly parameters?: Readonly<Record<string, InferParameter>>
}

export interface InferRequest extends InferMessage {
  readonly inputs: readonly Tensor[]
  readonly rawInputContents?: readonly Uint8Array[]
}

export interface InferResponse extends InferMessage {
  readonly outputs: readonly Tensor[]
  readonly rawOutputContents?: readonly Uint8Array[]
}

const PROTO = `
syntax = "proto3";
package inference;

service GRPCInferenceService {
  rpc ServerLive(ServerLiveRequest) returns (ServerLiveResponse);
  rpc ServerReady(ServerReadyRequest) returns (ServerReadyResponse);
  rpc ServerMetadata(ServerMetadataRequest) returns (ServerMetadataResponse);
  rpc ModelReady(ModelReadyRequest) returns (ModelReadyResponse);
  rpc ModelMetadata(ModelMetadataRequest) returns (ModelMetadataResponse);
  rpc ModelInfer(ModelInferRequest) returns (ModelInferResponse);
}

message ServerLiveRequest {}
message ServerLiveResponse { bool live = 1; }

message ServerReadyRequest {}
message ServerReadyResponse { bool ready = 1; }

message ModelReadyRequest { string name = 1; string version = 2; }
message ModelReadyResponse { bool ready = 1; }

message ServerMetadataRequest {}
message ServerMetadataResponse { string name = 1; string version = 2; repeated string extensions = 3; }

message ModelMetadataRequest { string name = 1; string version = 2; }
message ModelMetadataResponse {
  message TensorMetadata { string name = 1; string datatype = 2; repeated int64 shape = 3; }
  string name = 1;
  repeated string versions = 2;
  string platform = 3;
  repeated TensorMetadata inputs = 4;
  repeated TensorMetadata outputs = 5;
}

message ModelInferRequest {
  message InferInputTensor {
    string name = 1;
    string datatype = 2;
    repeated int64 shape = 3;
    map<string, InferParameter> parameters = 4;
    InferTensorContents contents = 5;
  }
  message InferRequestedOutputTensor { string name = 1; map<string, InferParameter> parameters = 2; }
  string model_name = 1;
  string model_version = 2;
  string id = 3;
  map<string, InferParameter> parameters = 4;
  repeated InferInputTensor inputs = 5;
  repeated InferRequestedOutputTensor outputs = 6;
  repeated bytes raw_input_contents = 7;
}

message ModelInferResponse {
  message InferOutputTensor {
    string name = 1;
    string datatype = 2;
    repeated int64 shape = 3;
    map<string, InferParameter> parameters = 4;
    InferTensorContents contents = 5;
  }
  string model_name = 1;
  string model_version = 2;
  string id = 3;
  map<string, InferParameter> parameters = 4;
  repeated InferOutputTensor outputs = 5;
  repeated bytes raw_output_contents = 6;
}

message InferParameter {
  oneof parameter_choice {
    bool bool_param = 1;
    int64 int64_param = 2;
    string string_param = 3;
    double double_param = 4;
    uint64 uint64_param = 5;
  }
}

message InferTensorContents {
  repeated bool bool_contents = 1;
  repeated int32 int_contents = 2;
  repeated int64 int64_contents = 3;
  repeated uint32 uint_contents = 4;
  repeated uint64 uint64_contents = 5;
  repeated float fp32_contents = 6;
  repeated double fp64_contents = 7;
  repeated bytes bytes_contents = 8;
}
`

export const inference = methodsOf<{
  ServerLive: Unary<Empty, { live: boolean }>
  ServerReady: Unary<Empty, { ready: boolean }>
  ServerMetadata: Unary<Empty, { name: string; version: string; extensions: string[] }>
  ModelReady: Unary<ModelRequest, { ready: boolean }>
  ModelMetadata: Unary<ModelRequest, ModelMetadata>
  ModelInfer: Unary<InferRequest, InferResponse>
}>(PROTO, 'inference.GRPCInferenceService')

const SERVICE = '/inference.GRPCInferenceService/'

/** Many requests in one call, and as many responses. */
export const STREAM_INFER = `${SERVICE}ModelStreamInfer`

/** Questions of which the router knows nothing: a server of the model answers. Their first field names the model. */
export const PASSED_QUESTIONS = ['ModelConfig', 'ModelStatistics'].map((name) => SERVICE + name)

/** The same about all models. Its first field names a repository. */
export const REPOSITORY_INDEX = `${SERVICE}RepositoryIndex`

/** What Triton offers beside these: calls that act on one server. The router passes on none of them. */
export const OF_ONE_SERVER = [
  ...['RepositoryModelLoad', 'RepositoryModelUnload', 'TraceSetting', 'LogSettings'],
  ...['System', 'Cuda'].flatMap((kind) =>
    ['Status', 'Register', 'Unregister'].map((call) => `${kind}SharedMemory${call}`),
  ),
].map((name) => SERVICE + name)

/** Says so to a client. */
export const ASK_EACH_SERVER = 'it acts on one server; send it to the servers themselves'

/** Tags of the fields of ModelInferRequest that the router reads. */
const MODEL_NAME = (1 << 3) | 2
const INPUT = (5 << 3) | 2

/** The number of the field `id`. */
const ID = 3

/** Tags of the shape of a tensor: a field for each number, or one packed field. */
const SHAPE = (3 << 3) | 0
const PACKED_SHAPE = (3 << 3) | 2

/** All fields of ModelInferResponse have a length, and the first one, the model, is always there. */
const RESPONSE_WIRE_TYPES = new Map([1, 2, 3, 4, 5, 6].map((field) => [field, 2]))

/** Requests and responses pass unchanged, except for a model that the server knows by another name. */
export const routedInference: RoutedProtocol = {
  path: inference.ModelInfer.path,
  probe: (channel, timeoutMs) => callMethod(channel, inference.ServerLive, {}, timeoutMs),
  readRequest(request) {
    let modelAt: number | undefined
    let batch: number | undefined
    readFields(request, (tag, value) => {
      if (tag === MODEL_NAME) modelAt = value.pos
      if (tag === INPUT && batch === undefined) batch = firstDimension(value.bytes())
      else return false
      return true
    })
    return { model: textAt(request, modelAt), batch: batch ?? Number.NaN }
  },
  requestFor: (request, { model }) => (model === undefined ? request : withText(request, 1, model)),
  checkResponse: (response) => checkFields(response, RESPONSE_WIRE_TYPES, 1),
}

/** The id of a ModelInferRequest. @throws MalformedMessage */
export function readInferId(request: Buffer): string {
  return textOf(request, ID)
}

/** The first number in the shape of a tensor; NaN without one. The shape is one packed field or one field a number. */
function firstDimension(tensor: Uint8Array): number {
  let first = Number.NaN
  readFields(tensor, (tag, value) => {
    if (!Number.isNaN(first)) return false
    if (tag === SHAPE) first = readInt64(value)
    else if (tag === PACKED_SHAPE) first = readFirstInt64(value)
    else return false
    return true
  })
  return first
}

/**
 * Reads a field of a tensor if it is the shape, or a number of it.
 *
 * @param found called with each number
 * @returns whether it was read
 */
export function readShape(tag: number, value: protobuf.Reader, found: (dimension: number) => void): boolean {
  if (tag === SHAPE) {
    found(readInt64(value))
    return true
  }
  if (tag !== PACKED_SHAPE) return false
  const bytes = value.uint32()
  const end = value.pos + bytes
  while (value.pos < end) found(readInt64(value))
  if (value.pos > end) throw new MalformedMessage()
  return true
}
