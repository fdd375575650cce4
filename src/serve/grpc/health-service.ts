import type { Server } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'

/** Services that the emulator offers beside its models; '' stands for the whole server. */
const SERVICES = ['', 'grpc.Scheduler', 'inference.GRPCInferenceService']

export interface HealthService {
  /** Asks `isServing` again, and reports changes to clients that watch. */
  refresh(): void
}

/**
 * Adds the health protocol of gRPC to a server: Check, List and Watch, for the server and for each of its models.
 *
 * @param isServing whether a model can be served; without a model: whether any of them can
 */
export function addHealthService(
  server: Server,
  models: Iterable<string>,
  isServing: (model?: string) => boolean,
): HealthService {
  const health = new HealthImplementation()
  const reported = new Map<string, boolean>()
  const services = [
    ...SERVICES.map((name) => ({ name, model: undefined })),
    ...Array.from(models, (model) => ({ name: model, model })),
  ]
  const refresh = () => {
    for (const { name, model } of services) {
      const serving = isServing(model)
      if (reported.get(name) === serving) continue
      reported.set(name, serving)
      health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING')
    }
  }
  refresh()
  // grpc-health-check has its types from another version of grpc-js
  health.addToServer(server as never)
  return { refresh }
}
