/**
 * The router for minutes under load, then under three times what its servers can do in 128 MB of old space, and with
 * more bytes at once than it may hold. `SOAK_MINUTES=1 npm run bench -- soak` is shorter, and measures no growth.
 */
import { readdir } from 'node:fs/promises'
import { status } from '@grpc/grpc-js'
import { fluidBound } from '../../src/bound/fluid.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { generateTrace } from '../../src/model/trace/generate-trace.ts'
import type { Workload } from '../../src/model/workload/workload.ts'
import { inference } from '../../src/serve/protocols/inference.ts'
import { call, connect } from '../../test/serve/grpc-js-client.ts'
import { raw } from '../../test/serve/raw-method.ts'
import { type Asked, countAnswers, openLoop, type Sent } from '../live/open-loop.ts'
import { emulate, memoryMb, route, routeWith, withProcesses } from '../live/processes.ts'
import { type Figure, grid, type SuiteResult } from '../measure.ts'

const COUNTS = { 'g4dn.xlarge': 2, 'r5n.large': 9 }
const FLEET = '2,0,9,0'

/** The first minutes warm up: growth is measured from the end of this one on. */
const WARM_MINUTE = 3
const DEADLINE_MS = 10_000
const OVERLOAD_SECONDS = 60

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  minutesOf()
  const workload = await readWorkload('rm2')
  const bound = fluidBound(workload, Object.keys(COUNTS), Object.values(COUNTS))
  const figures: Figure[] = []
  for (const part of [soak, overload, bytes]) {
    figures.push(...(await withProcesses(() => part(workload, bound, print))))
  }
  return { suite: 'soak', timings: [], figures }
}

function minutesOf(): number {
  const { SOAK_MINUTES = '10' } = process.env
  if (!/^[1-9]\d*$/.test(SOAK_MINUTES))
    throw new Error(`SOAK_MINUTES=${SOAK_MINUTES}: name a whole number from 1`)
  return Number(SOAK_MINUTES)
}

type Part = (workload: Workload, bound: number, print: (text: string) => void) => Promise<Figure[]>

/** A request of the Open Inference Protocol with a tensor of some bytes. */
function withPayload(model: string, payload: Buffer): Asked {
  return {
    method: raw(inference.ModelInfer),
    request: (batch) =>
      inference.ModelInfer.requestSerialize({
        modelName: model,
        inputs: [{ name: 'input', datatype: 'FP32', shape: [batch, 1] }],
        rawInputContents: [payload],
      }),
  }
}

function draw({ mix }: Workload, rate: number, seconds: number) {
  return generateTrace({ arrivals: 'poisson', rate, queries: Math.round(rate * seconds), seed: 1, mix })
}

/** Resident memory, MB, and open handles. */
async function heldBy(pid: number): Promise<{ mb: number; handles: number }> {
  const { length } = await readdir(`/proc/${pid}/fd`)
  return { mb: await memoryMb(pid, 'VmRSS'), handles: length }
}

/** Answered, or refused with a reason. */
const isExplicit = ({ code, answers }: Sent) =>
  answers === 1 && (code === status.OK || code === status.RESOURCE_EXHAUSTED)

function sharesOf(sent: readonly Sent[], qosMs: number) {
  const { answered, inTime } = countAnswers(sent, qosMs)
  return {
    answered: answered / sent.length,
    inside: inTime / answered,
    explicit: sent.filter(isExplicit).length / sent.length,
  }
}

const percent = (share: number) => `${(100 * share).toFixed(2)}%`

const soak: Part = async (workload, bound, print) => {
  const { servers } = await emulate('soak', FLEET)
  const router = await route(servers, '--log-level', 'error')
  const pid = router.child.pid!
  const rows = [['minute', 'answered', 'of them in time', 'MB', 'handles']]
  const held: Awaited<ReturnType<typeof heldBy>>[] = []
  const all: Sent[] = []
  for (let minute = 1; minute <= minutesOf(); minute++) {
    const sent = await openLoop(router.address, draw(workload, 0.6 * bound, 60), DEADLINE_MS)
    all.push(...sent)
    held.push(await heldBy(pid))
    const { answered, inside } = sharesOf(sent, workload.qosMs)
    const { mb, handles } = held[held.length - 1]
    rows.push([String(minute), percent(answered), percent(inside), mb.toFixed(0), String(handles)])
  }
  print(`rm2 on (${FLEET}) at 60% of the bound\n${grid(rows)}`)
  const { explicit, inside } = sharesOf(all, workload.qosMs)
  return [
    ...growth(held),
    {
      what: 'answered, or refused with a reason, in the soak',
      value: 100 * explicit,
      unit: '%',
      goal: { atLeast: 100 },
    },
    { what: 'of the answered in time in the soak', value: 100 * inside, unit: '%', goal: { atLeast: 99 } },
  ]
}

/** What the router holds more after the soak than after it is warm; nothing of a shorter soak. */
function growth(held: readonly Awaited<ReturnType<typeof heldBy>>[]): Figure[] {
  if (held.length <= WARM_MINUTE) return []
  const [warm, last] = [held[WARM_MINUTE - 1], held[held.length - 1]]
  return [
    {
      what: 'memory after the soak over that after three minutes',
      value: last.mb / warm.mb,
      unit: 'x',
      goal: { atMost: 1.1 },
    },
    {
      what: 'handles gained in the soak',
      value: last.handles - warm.handles,
      unit: '',
      goal: { atMost: 5 },
    },
  ]
}

const overload: Part = async (workload, bound, print) => {
  const { servers } = await emulate('over', FLEET)
  const rows = [['3 x the bound', 'answered', 'of them in time', 'peak MB']]
  const figures: Figure[] = []
  for (const [name, kilobytes] of [
    ['small requests', 0],
    ['100 KB each', 100],
  ] as const) {
    const router = await routeWith(['--max-old-space-size=128'], servers, '--log-level', 'error')
    const asked = kilobytes > 0 ? withPayload(workload.model, Buffer.alloc(1000 * kilobytes)) : undefined
    const trace = draw(workload, 3 * bound, OVERLOAD_SECONDS)
    const sent = await openLoop(router.address, trace, DEADLINE_MS, asked)
    const { answered, inside, explicit } = sharesOf(sent, workload.qosMs)
    const mb = await memoryMb(router.child.pid!, 'VmHWM')
    router.child.kill('SIGKILL')
    rows.push([name, percent(answered), percent(inside), mb.toFixed(0)])
    figures.push(
      {
        what: `of the accepted in time at 3 x, ${name}`,
        value: 100 * inside,
        unit: '%',
        goal: { atLeast: 95 },
      },
      {
        what: `answered, or refused with a reason, at 3 x, ${name}`,
        value: 100 * explicit,
        unit: '%',
        goal: { atLeast: 100 },
      },
    )
  }
  print(`overload for ${OVERLOAD_SECONDS} s in 128 MB of old space\n${grid(rows)}`)
  return figures
}

const MANY = 64
const LARGE_BYTES = 15e6

const bytes: Part = async (workload, _bound, print) => {
  const { servers } = await emulate('bytes', FLEET)
  const router = await route(servers, '--log-level', 'error')
  const { method, request } = withPayload(workload.model, Buffer.alloc(LARGE_BYTES))
  const message = request(10, 0)
  const reasons = await Promise.all(
    Array.from({ length: MANY }, async () => {
      const client = connect(router.address)
      const reason = await call(client, method, message, { timeoutMs: 60_000 }).then(
        () => 'answered',
        ({ code, details }) => `${status[code]}: ${details}`,
      )
      client.close()
      return reason
    }),
  )
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const mb = await memoryMb(router.child.pid!, 'VmHWM')
  const rows = [...counts].map(([reason, count]) => [String(count), reason])
  print(`${MANY} requests of ${LARGE_BYTES / 1e6} MB at once, peak ${mb.toFixed(0)} MB\n${grid(rows)}`)
  const explicit = reasons.filter((reason) => /^answered|^RESOURCE_EXHAUSTED: \S/.test(reason)).length
  return [
    {
      what: `${MANY} requests of 15 MB at once: answered, or refused with a reason`,
      value: explicit,
      unit: 'requests',
      goal: { atLeast: MANY },
    },
    { what: 'memory for them', value: mb, unit: 'MB', goal: { atMost: 700 } },
  ]
}
