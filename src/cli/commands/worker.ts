import { type Command, Option } from 'commander'
import { counted } from '../../model/counted.ts'
import { startQueueWorker } from '../../queue/worker.ts'
import { runWith } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { wholeNumber } from '../input/parse.ts'
import { requiredQueue } from '../input/queue.ts'
import { DONE } from '../output/exit-status.ts'
import { aborted, interruptedStatus, startedUnless, stopSignals } from '../output/signals.ts'
import { tell } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm worker --queue redis://10.0.0.5:6379         jobs on all processors of this machine
  kairos-wasm worker --queue rediss://kairos@10.0.0.5:6380 --concurrency 4
                                                           four at a time, over TLS; the password in KAIROS_QUEUE_PASSWORD
  kairos-wasm worker --queue redis://10.0.0.5:6379 --trace-root https://store.example/traces
                                                           reads traces there that jobs name by path and SHA-256
  kairos-wasm capacity --counts 2,0,9,0 --queue redis://10.0.0.5:6379
                                                           on another machine: makes the jobs, and collects them

A worker takes only jobs of its own version. On Ctrl-C or SIGTERM it finishes its running jobs and ends; a second one ends it
at once. The jobs of a worker that dies are given to others after --lease.

A worker reads files and addresses only below its own --trace-root; the password to https://user@host/ is in
KAIROS_TRACE_PASSWORD. For TLS with your own certificate authority set NODE_EXTRA_CA_CERTS=ca.pem.`

interface WorkerFlags {
  readonly queue?: string
  readonly concurrency?: number
  readonly lease: number
  readonly traceRoot?: string
  readonly quiet?: boolean
}

export function define(command: Command): void {
  flags.addFlags(
    command,
    flags.queue('the queue to take jobs from, such as redis://host:6379'),
    new Option(
      '--concurrency <jobs>',
      'jobs at a time, each on a thread (default: the processors)',
    ).argParser(wholeNumber(1, 1024)),
    new Option(
      '--lease <seconds>',
      'time after which the jobs of a worker that has died are given to another',
    )
      .default(30)
      .argParser(wholeNumber(1, 86_400)),
    flags.traceRoot('the folder or http(s) URL of the traces that jobs name by path'),
    flags.common(),
  )
  runWith(command, work)
}

async function work({ queue, concurrency, lease, traceRoot, quiet }: WorkerFlags): Promise<void> {
  const url = requiredQueue(queue)
  const { stop, signal } = stopSignals()
  const onNote = (note: string) => tell(quiet, note)
  const worker = await startedUnless(stop, () =>
    startQueueWorker(url, { concurrency, leaseSeconds: lease, traceRoot, onNote }),
  )
  tell(quiet, `takes jobs of version ${worker.version}, ${worker.concurrency} at a time; Ctrl-C ends it`)
  await aborted(stop)
  tell(quiet, 'finishes the jobs that run; press Ctrl-C again to end at once')
  const isDone = await Promise.race([worker.close().then(() => true), aborted(signal).then(() => false)])
  tell(quiet, `${counted(worker.done, 'job')} done`)
  if (!isDone) worker.abandon().catch(() => undefined)
  // timers of the library would go on for some seconds where the server is gone
  process.exit(isDone ? DONE : interruptedStatus())
}
