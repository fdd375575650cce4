/**
 * The protocol of the published scripts (Kairos, HPDC'23): `grpc.Scheduler/Serve`. One request is one query.
 * A server numbers itself by its position in service_addr.json, takes one query at a time and lets others
 * wait in order.
 */
import { type Description, methodsOf, type Unary, unary } from './package.ts'

export interface JobMessage {
  /** Batch size; the published distributor has rounded it up to its bin. */
  readonly batch: number
  /** How long the query has waited before it was sent, ms. */
  readonly qWait: number
}

export interface ServerReply {
  /** How long it took to serve, ms. */
  readonly exeTime: number
  /** Which server it was, from 0. */
  readonly idx: number
  /** The `qWait` of the request. */
  readonly qWait: number
}

const description: Description = {
  nested: {
    grpc: {
      nested: {
        JobMessage: {
          fields: { batch: { type: 'int32', id: 1 }, qWait: { type: 'float', id: 2 } },
        },
        ServerReply: {
          fields: {
            exeTime: { type: 'float', id: 1 },
            idx: { type: 'int32', id: 2 },
            qWait: { type: 'float', id: 3 },
          },
        },
        Scheduler: { methods: { Serve: unary('JobMessage', 'ServerReply') } },
      },
    },
  },
}

export const scheduler = methodsOf<{ Serve: Unary<JobMessage, ServerReply> }>(description, 'grpc.Scheduler')
