/**
 * The protocol of the published scripts (Kairos, HPDC'23): `grpc.Scheduler/Serve`. One request is one query.
 * A server's number is its position in service_addr.json; it serves one query at a time, the others wait in order.
 */
import { callMethod } from '../grpc/client/remote-method.ts'
import { methodsOf, type Unary } from '../grpc/method.ts'
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

const PROTO = `
syntax = "proto3";
package grpc;

service Scheduler {
  rpc Serve(JobMessage) returns (ServerReply);
}

message JobMessage {
  int32 batch = 1;
  float q_wait = 2;
}

message ServerReply {
  float exe_time = 1;
  int32 idx = 2;
  float q_wait = 3;
}
`

export const scheduler = methodsOf<{ Serve: Unary<JobMessage, ServerReply> }>(PROTO, 'grpc.Scheduler')

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
  path: scheduler.Serve.path,
  // a batch of 0 has no bin: servers reject it at once
  probe: (channel, timeoutMs) => callMethod(channel, scheduler.Serve, { batch: 0, qWait: 0 }, timeoutMs),
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
