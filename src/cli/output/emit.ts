import { Option } from 'commander'
import { type Counts, type Space, slotsOf, typeNames } from '../../model/fleet/space.ts'
import type { RankedBatches } from '../../model/results/ranking.ts'
import type { Workload } from '../../model/workload/workload.ts'
import type { Deployment } from '../../report/emit/deployment.ts'
import { workloadFiles } from '../../report/workload-files.ts'
import { wholeNumber } from '../input/parse.ts'

export const EMIT_TARGETS = ['kubernetes', 'skypilot', 'karpenter'] as const

export type EmitTarget = (typeof EMIT_TARGETS)[number]

/** What the command line says of the containers. */
export interface ManifestFlags {
  readonly image?: string
  readonly serverPort: number
  readonly routerImage?: string
}

/** What manifests need to know besides the configuration. */
export interface EmitFlags extends ManifestFlags {
  readonly emit: EmitTarget
  readonly spare?: number
  readonly policy?: string
}

export const emitOptions = (helpGroup: string) =>
  [
    new Option('--image <image>', 'container image of the servers'),
    new Option('--server-port <number>', 'port on which a server answers by gRPC')
      .default(8001)
      .argParser(wholeNumber(1, 65_535)),
    new Option('--router-image <image>', 'container image of the router, with Node and kairos-wasm'),
  ].map((option) => option.helpGroup(helpGroup))

/** The manifests of the first row; nothing where there is none. */
export async function* emitText(
  flags: EmitFlags,
  workload: Workload,
  space: Space,
  rows: RankedBatches,
): AsyncGenerator<string> {
  let isFirst = true
  for await (const [best] of rows) {
    if (isFirst) yield await manifestsOf(flags, workload, space, best.counts)
    isFirst = false
  }
}

/** The manifests of a configuration. */
export async function manifestsOf(
  { emit, image = '', serverPort, routerImage = '', spare = 0, policy }: EmitFlags,
  workload: Workload,
  space: Space,
  counts: Counts,
): Promise<string> {
  const deployment: Deployment = {
    model: workload.model,
    types: typeNames(space),
    counts,
    slots: slotsOf(space),
    ...{ spare, image, port: serverPort, routerImage, policy },
    files: Object.fromEntries(workloadFiles(workload).map(({ name, text }) => [name, text])),
  }
  const textOf = await TEXTS[emit]()
  return textOf(deployment)
}

/** Loaded where they are needed: they bring the library for YAML. */
const TEXTS: Readonly<Record<EmitTarget, () => Promise<(deployment: Deployment) => string>>> = {
  kubernetes: async () => (await import('../../report/emit/kubernetes.ts')).kubernetesText,
  skypilot: async () => (await import('../../report/emit/skypilot.ts')).skypilotText,
  karpenter: async () => (await import('../../report/emit/karpenter.ts')).karpenterText,
}
