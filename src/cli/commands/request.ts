import { type Command, Option } from 'commander'
import { KairosError } from '../../model/errors.ts'
import { expectedAddress, isAddress } from '../../model/fleet/fleet.ts'
import { jsonText } from '../../report/json.ts'
import { abortable } from '../../serve/abortable.ts'
import { openSender } from '../../serve/driver/sender.ts'
import { serverError } from '../../serve/driver/server-error.ts'
import type { CallFailure } from '../../serve/grpc/client/remote-method.ts'
import { checkAskedInputs } from '../../serve/protocols/model-inputs.ts'
import { runWith } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { wholeNumber } from '../input/parse.ts'
import { type TensorFlags, tensorFlags } from '../input/tensors.ts'
import { type ClientTlsFlags, readClientTls } from '../input/tls.ts'
import type { OutputFlags } from '../output/save.ts'
import { interruptSignal } from '../output/signals.ts'
import { show, tell } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm request 127.0.0.1:50051 --batch-size 100
                                      a server of the published protocol, or a router in front of one
  kairos-wasm request 10.0.0.5:8001 --model-name bert --batch-size 8 --shape tokens=-1,128
                                      the Open Inference Protocol, over gRPC or HTTP; inputs are zeros

The request is the first one of a new client: it may take tens of milliseconds more than the next ones.
kairos-wasm measure repeats requests and leaves the first ones out.`

interface RequestFlags extends ClientTlsFlags, TensorFlags, OutputFlags {
  batchSize: number
  modelName?: string
  timeoutMs: number
}

export function define(command: Command): void {
  flags.addFlags(
    command.argument('<address>', 'host:port of a server or a router'),
    new Option('--batch-size <items>', 'items of the batch')
      .default(1)
      .argParser(wholeNumber(1, 2 ** 31 - 1)),
    flags.modelName(),
    tensorFlags(),
    flags.timeoutMs(),
    flags.clientTls(),
    flags.format('table', 'json'),
    flags.common(),
  )
  runWith(command, request)
}

async function request(given: RequestFlags, _config: string, [named]: readonly unknown[]): Promise<void> {
  const address = String(named)
  if (!isAddress(address)) {
    const cure = `expected ${expectedAddress(address)}`
    throw new KairosError('BAD_USAGE', `"${address}" is no address`, {}, cure)
  }
  const { batchSize, modelName: model, input: inputs, shape: shapes, timeoutMs, format } = given
  checkAskedInputs(model, { inputs, shapes })
  const signal = interruptSignal()
  const onNote = (note: string) => tell(given.quiet, note)
  const tls = await readClientTls(given)
  const sender = await openSender(address, { model, inputs, shapes, timeoutMs, tls, onNote, signal }).catch(
    (error: unknown) => {
      throw error instanceof KairosError ? error : serverError(address, error as CallFailure, model)
    },
  )
  try {
    const started = performance.now()
    const serviceMs = await abortable<number>(signal, (resolve, reject) =>
      sender.send(batchSize, 0, timeoutMs, (outcome) => {
        if (typeof outcome === 'number') resolve(outcome)
        else reject(serverError(address, outcome, model))
      }),
    )
    const latencyMs = performance.now() - started
    const isReported = !Number.isNaN(serviceMs)
    const service = isReported ? `, of which the server reports ${serviceMs.toFixed(2)} ms` : ''
    const figures = { address, batchSize, latencyMs, ...(isReported && { serviceMs }) }
    const text = `a batch of ${batchSize} took ${latencyMs.toFixed(2)} ms${service}\n`
    await show([format === 'json' ? jsonText(figures) : text])
  } finally {
    sender.close()
  }
}
