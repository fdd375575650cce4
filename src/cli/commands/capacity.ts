import type { Command } from 'commander'
import { mean } from 'simple-statistics'
import { openTrialLog } from '../../files/logs/trial-log.ts'
import type { KernelName } from '../../kernel/contract.ts'
import { counted } from '../../model/counted.ts'
import { instancesOf } from '../../model/fleet/configuration.ts'
import type { Progress } from '../../model/progress.ts'
import type { AllowableThroughput } from '../../model/results/capacity.ts'
import { generateTrace } from '../../model/trace/generate-trace.ts'
import type { Trace } from '../../model/trace/trace.ts'
import { DEFAULT_SERVICE } from '../../model/workload/service.ts'
import { summaryOf } from '../../model/workload/workload.ts'
import { allowableThroughput } from '../../replay/allowable-throughput.ts'
import { AUTO } from '../../replay/length.ts'
import { policyCapacity } from '../../replay/policy-capacity.ts'
import { rateSweep } from '../../replay/rate-sweep.ts'
import { formatCount } from '../../report/numbers.ts'
import { capacityPage } from '../../report/page/measure-page.ts'
import { capacityText } from '../../report/replay/capacity.ts'
import { runWith } from '../input/config.ts'
import { type ConfigurationFlags, readConfiguration } from '../input/configuration.ts'
import * as flags from '../input/flags.ts'
import { checkPolicies } from '../input/policies.ts'
import { openAskedQueue, QUEUE_RULES } from '../input/queue.ts'
import type { VerificationFlags } from '../input/verification.ts'
import { elapsedText } from '../output/elapsed.ts'
import { tellInfeasible } from '../output/infeasible.ts'
import { startProgress } from '../output/progress.ts'
import { questionAround } from '../output/question-page.ts'
import { tellShort, tellSlow } from '../output/replay-notes.ts'
import { RESULT_FILES } from '../output/result-files.ts'
import type { OutputFlags } from '../output/save.ts'
import { saveAndShow, saveReport, saveResult } from '../output/save.ts'
import { interruptSignal } from '../output/signals.ts'
import { lineRoom, tell, wantsColor } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm capacity --counts g4dn.xlarge=2,r5n.large=9   rm2 on 2 g4dn.xlarge and 9 r5n.large
  kairos-wasm capacity --counts 2,0,9,0 --policy kairos,fcfs
                                                            and its ratio to first come, first served
  kairos-wasm capacity --counts 2,0,9,0 --arrivals gamma --cv 3
                                                            with arrivals in bursts
  kairos-wasm capacity --model dien --counts config.json --repeats 10 --format json
  kairos-wasm capacity --counts 2,0,9,0 --queue redis://10.0.0.5:6379
                                                            on the workers of a queue

Allowable throughput is the largest rate, to half a percent, at which a replay is inside QoS (the percentile of latency
is within the target), its queue does not grow, and little of its volume is parked: late, and not started when the last
query has arrived. The parked share may be up to 3% of the share that may be late: 0.03% at the 99th percentile.

The bound of draws is the fluid bound of the sizes and service times that the replays draw: a limit that no policy
exceeds in the long run. "at the bound" marks a policy whose share of it has an interval that includes 100% and
is at most 5% to each side. With several policies, "times" is the ratio to the last one.`

interface CapacityFlags
  extends ConfigurationFlags,
    OutputFlags<'table' | 'json' | 'csv'>,
    Required<Pick<VerificationFlags, 'service' | 'queries' | 'repeats' | 'seed' | 'arrivals'>>,
    Pick<VerificationFlags, 'cv' | 'log'> {
  policy: string[]
  queue?: string
  threads?: number
  kernel: KernelName
}

export function define(command: Command): void {
  flags.addFlags(
    command,
    flags.target(),
    flags.batching(),
    flags.configuration(),
    flags.types(),
    flags.policies(),
    flags.service(DEFAULT_SERVICE),
    flags.arrivals().default('poisson'),
    flags.cv(),
    flags.repetitionQueries().default(AUTO),
    flags.repeats().default(5),
    flags.seed(),
    flags.log(),
    flags.queue(),
    flags.threads(),
    flags.kernel(),
    flags.format('table', 'json', 'csv'),
    flags.report(),
    flags.out(),
    flags.common(),
  )
  runWith(command, capacity, { rules: QUEUE_RULES })
}

async function capacity(given: CapacityFlags, config: string): Promise<void> {
  const { service, repeats, seed, arrivals, cv, threads, kernel, format, quiet } = given
  const policies = checkPolicies(given.policy)
  const { configuration, space } = await readConfiguration(given)
  const { workload, types, counts, slots } = configuration
  tellSlow(quiet, policies, instancesOf(counts))
  const log = given.log === undefined ? undefined : await openTrialLog(given.log)
  const jobs = await openAskedQueue(given)
  const signal = interruptSignal()
  const started = performance.now()
  const progress = startProgress('searching', 'repetitions', quiet)
  const done = policies.map(() => 0)
  const measure = (policy: string, p: number) => {
    const options = { service, queries: given.queries, repeats, seed, arrivals, cv, threads, kernel }
    const onProgress = (reported: Progress) => {
      done[p] = reported.done
      progress.update({ done: done.reduce((sum, each) => sum + each), total: policies.length * repeats })
    }
    onProgress({ done: 0, total: repeats })
    return allowableThroughput({ ...configuration, ...options, policy, signal, log, jobs, onProgress })
  }
  const found: AllowableThroughput[] = []
  try {
    // workers of a queue take repetitions of any policy; threads of this machine have enough with those of one
    if (jobs) found.push(...(await Promise.all(policies.map(measure))))
    else for (const [p, policy] of policies.entries()) found.push(await measure(policy, p))
  } finally {
    progress.stop()
    log?.close()
    await jobs?.close()
  }
  const [{ bounds, queries }] = found
  const bound = mean(bounds)
  const { rates: against } = found[found.length - 1]
  const results = found.map((allowed, i) => policyCapacity(policies[i], allowed, against))
  const fleet = { ...summaryOf(workload), types, counts, slots }
  const question = { ...fleet, service, arrivals, queries, repeats, seed }
  const room = lineRoom(given.out)
  const text = capacityText({ ...question, bound, results }, format, wantsColor(given.color), room)
  await saveAndShow(text, async () => {
    await saveReport(given, async () => {
      const draws = { arrivals, cv, rate: bound, queries, seed, mix: workload.mix }
      const sweeps = (trace: Trace) => {
        return policies.map((policy) =>
          rateSweep({ ...configuration, trace, service, seed, kernel }, bound, policy),
        )
      }
      return {
        page: capacityPage({ ...question, bound, results }, bound > 0 ? sweeps(generateTrace(draws)) : []),
        input: await questionAround(configuration, space),
      }
    })
    await saveResult(given, RESULT_FILES.capacity[format], text, config)
  })
  const replays = results.reduce((sum, row) => sum + row.replays, 0)
  const reused = log ? `, ${formatCount(log.reused)} of them from the log` : ''
  tell(quiet, `${counted(replays, 'replay')} ${elapsedText(started)}${reused}`)
  const rate = Math.max(...results.map(({ mean }) => mean))
  tellShort(quiet, queries, rate, workload)
  if (rate === 0) {
    const why =
      bound > 0
        ? 'replays miss the target at any rate, although the bound does not: try another policy'
        : 'under every routing too many queries are late: see kairos-wasm allocate --explain'
    tellInfeasible(why)
  }
}
