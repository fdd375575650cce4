/** Between the two protocols, where a client and a server speak different ones. */
import { KairosError } from '../../model/errors.ts'
import { inference, type ModelMetadata, readInferId, routedInference } from './inference.ts'
import { readJob, routedScheduler, scheduler } from './scheduler.ts'
import { zeroRequest, zeroResponse } from './zeros.ts'

/** A request of a client whose server speaks another protocol. */
interface TranslatedRequest {
  readonly request: Buffer
  readonly batch: number
  /** The client's name of the model. */
  readonly model: string
  /** How long the request has waited in the router, ms. */
  readonly waitedMs: number
}

interface TranslatingServer {
  /** The server's name of the model. */
  readonly model: string
  /** What it says of the model; undefined if it does not say. */
  readonly metadata: ModelMetadata | undefined
  /** Of a request. */
  readonly maxMessageBytes: number
}

export interface Translation {
  /** @throws KairosError BAD_MODEL if the server cannot be sent such a request */
  requestFor(asked: TranslatedRequest, server: TranslatingServer): Buffer
  /** @param tookMs from request to response @throws MalformedMessage */
  responseFor(asked: TranslatedRequest, response: Buffer, tookMs: number): Buffer
}

/** A job becomes an inference on zeros, because it carries no input. Such a server has no number: `idx` is 0. */
export const jobAsInference: Translation = {
  requestFor({ batch }, { model, metadata, maxMessageBytes }) {
    if (metadata === undefined) {
      const problem = `its server does not say what inputs the model "${model}" takes`
      throw new KairosError('BAD_MODEL', problem, {}, 'use the Open Inference Protocol')
    }
    const request = zeroRequest(metadata, batch, maxMessageBytes)
    return inference.ModelInfer.requestSerialize({ ...request, modelName: model })
  },
  responseFor({ request, waitedMs }, response, tookMs) {
    routedInference.checkResponse(response)
    const qWait = readJob(request).qWait + waitedMs
    return scheduler.Serve.responseSerialize({ exeTime: tookMs, idx: 0, qWait })
  },
}

/** An inference becomes a job of its batch, without its tensors; the response has a zero for each item. */
export const inferenceAsJob: Translation = {
  requestFor: ({ batch, waitedMs }) => scheduler.Serve.requestSerialize({ batch, qWait: waitedMs }),
  responseFor({ request, batch, model }, response) {
    routedScheduler.checkResponse(response)
    const { exeTime } = scheduler.Serve.responseDeserialize(response)
    return inference.ModelInfer.responseSerialize(zeroResponse(model, readInferId(request), batch, exeTime))
  },
}
