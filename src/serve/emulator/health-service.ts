import type { Server } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import { HEALTH_SERVICES } from '../protocols/health.ts'

/** Adds the health protocol of gRPC to a server, Check, List and Watch: the server, its services and its model are healthy. */
export function addHealthService(server: Server, model: string): void {
  const services = [...HEALTH_SERVICES, model]
  const health = new HealthImplementation(Object.fromEntries(services.map((name) => [name, 'SERVING'])))
  // grpc-health-check has its types from another version of grpc-js
  health.addToServer(server as never)
}
