/** The health protocol of gRPC, `grpc.health.v1.Health`. */
import { type Description, methodsOf, type Unary, unary } from '../grpc/method.ts'

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

const v1 = {
  HealthCheckRequest: { fields: { service: { type: 'string', id: 1 } } },
  HealthCheckResponse: {
    fields: { status: { type: 'ServingStatus', id: 1 } },
    nested: { ServingStatus: { values: { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } } },
  },
  HealthListRequest: { fields: {} },
  HealthListResponse: { fields: { statuses: { keyType: 'string', type: 'HealthCheckResponse', id: 1 } } },
  Health: {
    methods: {
      Check: unary('HealthCheckRequest', 'HealthCheckResponse'),
      List: unary('HealthListRequest', 'HealthListResponse'),
      Watch: { ...unary('HealthCheckRequest', 'HealthCheckResponse'), responseStream: true },
    },
  },
}

const description: Description = {
  nested: { grpc: { nested: { health: { nested: { v1: { nested: v1 } } } } } },
}

export const health = methodsOf<{
  Check: Unary<HealthRequest, HealthResponse>
  List: Unary<object, HealthList>
  Watch: Unary<HealthRequest, HealthResponse>
}>(description, 'grpc.health.v1.Health')
