import { type Command, Option } from 'commander'
import { rankConfigurations } from '../../allocate/rank.ts'
import { instancesOf } from '../../model/fleet/configuration.ts'
import { slotsGiven, typeNames } from '../../model/fleet/space.ts'
import { comparePolicies } from '../../replay/compare-policies.ts'
import { measuredOf, withMeasured } from '../../report/page/measure-page.ts'
import { runWith } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { checkPolicies } from '../input/policies.ts'
import { type QuestionFlags, readQuestion } from '../input/question.ts'
import { allocateReport } from '../output/allocate-report.ts'
import { tellInfeasible } from '../output/infeasible.ts'
import { withProgress } from '../output/progress.ts'
import { tellSlow } from '../output/replay-notes.ts'
import { saveReport } from '../output/save.ts'
import { interruptSignal } from '../output/signals.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm report                                 rm2 in the published space: report.html
  kairos-wasm report -w workload.yaml -s space.yaml --out decision.html
                                                     your own workload and machines
  kairos-wasm report --model dien --budget 3 --policy priced,fcfs --queries 5000 --repeats 3
                                                     two policies, measured quickly

The page opens from disk without a network, can be read with scripts off, and recomputes in the browser. With --report,
allocate, search, replay, capacity, plan, distribute and trace describe save such a page of their results.`

interface ReportFlags extends QuestionFlags {
  readonly out: string
  readonly policy?: string[]
  readonly topN: number
  readonly queries: number
  readonly repeats: number
  readonly seed: number
  readonly threads?: number
}

export function define(command: Command): void {
  flags.addFlags(
    command,
    flags.question(),
    flags.topN(),
    flags.somePolicies(' (default: all)'),
    flags.queries('queries of a repetition').default(10_000),
    flags.repeats().default(3),
    flags.seed(),
    flags.threads(),
    new Option('--out <file>', 'the page').default('report.html'),
    flags.common(),
  )
  runWith(command, report)
}

async function report(given: ReportFlags): Promise<void> {
  const { topN, queries, repeats, seed, threads, quiet, out } = given
  const policies = given.policy && checkPolicies(given.policy)
  const { workload, space } = await readQuestion(given)
  const signal = interruptSignal()
  const { rows, ...head } = await rankConfigurations({ workload, space, topN, signal })
  const found = { rows, listed: rows.length }
  const asked = await allocateReport({ topN, kernel: 'wasm' }, { workload, space, head, ...found })
  let { page } = asked
  if (rows.length > 0) {
    const types = typeNames(space)
    tellSlow(quiet, policies ?? [], instancesOf(rows[0].counts))
    const fleet = { types, counts: rows[0].counts, ...slotsGiven(space) }
    const compared = await withProgress('measuring', 'steps', quiet, (onProgress) =>
      comparePolicies({ workload, ...fleet, policies, queries, repeats, seed, threads, signal, onProgress }),
    )
    page = withMeasured(page, measuredOf(compared), rows[0])
  } else if (head.infeasible) tellInfeasible(head.infeasible.message)
  await saveReport({ report: out, ...(quiet !== undefined && { quiet }) }, () => ({ ...asked, page }))
}
