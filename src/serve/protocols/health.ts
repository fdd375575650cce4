/** The health protocol of gRPC, `grpc.health.v1.Health`. */
import { methodsOf, type Unary } from '../grpc/method.ts'

export const HEALTH = { unknown: 0, serving: 1, notServing: 2, serviceUnknown: 3 } as const

/** Services whose health can be asked for beside that of models; '' stands for the whole server. */
export const HEALTH_SERVICES = ['', 'grpc.Scheduler', 'inference.GRPCInferenceService'] as const

interface HealthRequest {
  /** The name of a service; empty for the whole server. */
  readonly service: string
}

interface HealthResponse {
  readonly status: number
}

interface HealthList {
  readonly statuses: Readonly<Record<string, HealthResponse>>
}

const PROTO = `
syntax = "proto3";
package grpc.health.v1;

service Health {
  rpc Check(HealthCheckRequest) returns (HealthCheckResponse);
  rpc List(HealthListRequest) returns (HealthListResponse);
  rpc Watch(HealthCheckRequest) returns (stream HealthCheckResponse);
}

message HealthCheckRequest {
  string service = 1;
}

message HealthCheckResponse {
  enum ServingStatus {
    UNKNOWN = 0;
    SERVING = 1;
    NOT_SERVING = 2;
    SERVICE_UNKNOWN = 3;
  }
  ServingStatus status = 1;
}

message HealthListRequest {}

message HealthListResponse {
  map<string, HealthCheckResponse> statuses = 1;
}
`

export const health = methodsOf<{
  Check: Unary<HealthRequest, HealthResponse>
  List: Unary<object, HealthList>
  Watch: Unary<HealthRequest, HealthResponse>
}>(PROTO, 'grpc.health.v1.Health')
