import type { KernelName } from '../kernel/contract.ts'
import type { Counts } from '../model/fleet/space.ts'
import type { ReplayRow } from '../model/results/replay.ts'
import type { Service } from '../model/workload/service.ts'
import type { Workload } from '../model/workload/workload.ts'
import type { ReplayJobs, SingleReplayJob, SubmitOptions } from './jobs.ts'

/** A trace or the way to generate one, with the name of its file. */
interface NamedLoad {
  readonly file: string | null
  readonly load: SingleReplayJob['load']
  readonly stored?: SingleReplayJob['stored']
}

/** What is replayed: each of these loads, configurations, policies and seeds with each other. */
export interface ManyReplays {
  readonly workload: Workload
  readonly types: readonly string[]
  readonly slots?: readonly number[] | undefined
  readonly service: Service
  readonly kernel?: KernelName | undefined
  readonly loads: readonly NamedLoad[]
  readonly configurations: readonly Counts[]
  readonly policies: readonly string[]
  readonly seeds: readonly number[]
}

/**
 * Replays every combination, each as one job.
 *
 * @returns one row for each, by load, then configuration, then policy, then seed
 * @throws KairosError as `replay`
 */
export async function replayEach(
  { loads, configurations, policies, seeds, ...common }: ManyReplays,
  jobs: ReplayJobs,
  options: SubmitOptions,
): Promise<ReplayRow[]> {
  const asked = loads.flatMap(({ file, load, stored }) =>
    configurations.flatMap((counts) =>
      policies.flatMap((policy) =>
        seeds.map((seed) => ({
          trace: file,
          job: { kind: 'replay', ...common, load, stored, counts, policy, seed } as const,
        })),
      ),
    ),
  )
  const figures = await jobs
    .submit<'replay'>(
      asked.map(({ job }) => job),
      options,
    )
    .collect()
  return asked.map(({ trace, job: { counts, seed } }, i) => ({ trace, counts, seed, ...figures[i] }))
}
