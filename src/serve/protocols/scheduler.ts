/**
 * The protocol of the published scripts (Kairos, HPDC'23): `grpc.Scheduler/Serve`. One request is one query.
 * A server's number is its position in service_addr.json; it serves one query at a time, the others wait in order.
 */
import { type Description, methodsOf, raw, type Unary, unary } from '../grpc/method.ts'
import { checkFields, decode } from './fields.ts'
import type { RoutedProtocol } from './routed-protocol.ts'

interface JobMessage {
  /** Batch size; the published distributor rounds it up to its bin. */
  readonly batch: number
  /** How long the query waited before it was sent, ms. */
  readonly qWait: number
}

interface ServerReply {
  /** Service time, ms. */
  readonly exeTime: number
  /** The number of the server, from 0. */
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

/** A service time is never 0, so that it is always there. */
const EXE_TIME = 1

/** Fields of ServerReply: two floats and an int32. */
const REPLY_WIRE_TYPES = new Map([
  [1, 5],
  [2, 0],
  [3, 5],
])

/** Requests name no model. The wait in the router is added to that of the client. */
export const routedScheduler: RoutedProtocol = {
  method: raw(scheduler.Serve),
  // a batch of 0 has no bin: servers reject it at once
  probe: { method: raw(scheduler.Serve), request: scheduler.Serve.requestSerialize({ batch: 0, qWait: 0 }) },
  readRequest: (request) => ({ batch: readJob(request).batch }),
  requestFor(request, { waitedMs }) {
    const { batch, qWait } = readJob(request)
    return scheduler.Serve.requestSerialize({ batch, qWait: qWait + waitedMs })
  },
  checkResponse: (response) => checkFields(response, REPLY_WIRE_TYPES, EXE_TIME),
}

/** @throws MalformedMessage */
export function readJob(request: Buffer): JobMessage {
  return decode(scheduler.Serve.requestDeserialize, request)
}
