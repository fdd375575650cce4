/** Between the two protocols, where a client and a server speak different ones. */
import { KairosError } from '../../model/errors.ts'
import { inference, type ModelMetadata } from '../protocols/inference.ts'
import { scheduler } from '../protocols/scheduler.ts'
import { zeroRequest } from '../protocols/tensors.ts'

/**
 * A batch of made-up input: the published protocol carries none.
 *
 * @throws KairosError BAD_MODEL where the server does not tell what its model takes, or it takes no such batch
 */
export function jobToInference(metadata: ModelMetadata | undefined, model: string, batch: number): Buffer {
  if (metadata === undefined) {
    const problem = `its server does not tell what the model "${model}" takes`
    throw new KairosError('BAD_MODEL', problem, {}, 'ask it by the Open Inference Protocol')
  }
  return inference.ModelInfer.requestSerialize({ ...zeroRequest(metadata, batch), modelName: model })
}

/** A server behind a router has no number of its own: it is 0. */
export function replyFromInference(exeTime: number, qWait: number): Buffer {
  return scheduler.Serve.responseSerialize({ exeTime, idx: 0, qWait })
}

/** What the published protocol tells, as the output of a model: a number for each item, and how long it took. */
export function inferenceFromReply(reply: Buffer, modelName: string, id: string, batch: number): Buffer {
  const { exeTime } = scheduler.Serve.responseDeserialize(reply)
  return inference.ModelInfer.responseSerialize({
    modelName,
    modelVersion: '1',
    id,
    parameters: { exe_time_ms: { doubleParam: exeTime } },
    outputs: [{ name: 'output', datatype: 'FP32', shape: [batch, 1] }],
    rawOutputContents: [Buffer.alloc(4 * batch)],
  })
}
