import type { Server } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'

/** The services that every server of ours has, beside its models; '' is the whole server. */
const SERVICES = ['', 'grpc.Scheduler', 'inference.GRPCInferenceService']

export interface HealthService {
  /** Reads again how everything is, and tells who watches. */
  refresh(): void
}

/**
 * Puts the health protocol of gRPC on a server: who asks, lists or watches is told how it and its models are.
 *
 * @param serves whether a model can be served, or any of them
 */
export function addHealthService(
  server: Server,
  models: Iterable<string>,
  serves: (model?: string) => boolean,
): HealthService {
  const health = new HealthImplementation()
  const told = new Map<string, boolean>()
  const services = [...SERVICES.map((name) => ({ name, model: undefined })), ...Array.from(models, asService)]
  const refresh = () => {
    for (const { name, model } of services) {
      const now = serves(model)
      if (told.get(name) === now) continue
      told.set(name, now)
      health.setStatus(name, now ? 'SERVING' : 'NOT_SERVING')
    }
  }
  refresh()
  // its own types are of another version of the same library
  health.addToServer(server as never)
  return { refresh }
}

function asService(model: string) {
  return { name: model, model }
}
