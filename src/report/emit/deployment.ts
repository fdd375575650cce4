/** What the manifests of one configuration share: types in use, names of their resources, and the YAML of the file. */
import { stringify } from 'yaml'
import { refuseUsage } from '../../model/errors.ts'
import type { Counts } from '../../model/fleet/space.ts'

/** A chosen configuration, and what the manifests need to know of its servers. */
export interface Deployment {
  readonly model: string
  readonly types: readonly string[]
  readonly counts: Counts
  /** The slots of an instance of each type. */
  readonly slots: readonly number[]
  /** Instances that may be lost with the target still reached. */
  readonly spare: number
  /** The container image of the servers, and the port on which they answer by gRPC. */
  readonly image: string
  readonly port: number
  /** The policy of the router; its default unless given. */
  readonly policy?: string | undefined
  /** The image of the router: it has Node and kairos-wasm. */
  readonly routerImage: string
  /** The documents of the workload, by their file names. */
  readonly files: Readonly<Record<string, string>>
}

/** Nodes with this taint take the servers of one model and nothing else, so that a server has the whole machine. */
export const serverTaint = ({ model }: Deployment) => ({
  key: 'kairos-wasm/model',
  value: resourceName(model),
  effect: 'NoSchedule',
})

/** A type in use. */
export interface DeployedType {
  readonly type: string
  readonly count: number
  readonly slots: number
  /** The name of its resources. */
  readonly name: string
}

export function deployedTypes({ model, types, counts, slots }: Deployment): DeployedType[] {
  const used = types.flatMap((type, t) =>
    counts[t] > 0 ? [{ type, count: counts[t], slots: slots[t] }] : [],
  )
  const usedTypes = used.map(({ type }) => type)
  const names = resourceNames(model, usedTypes)
  return used.map((type, i) => ({ ...type, name: names[i] }))
}

/**
 * Types in use whose names are labels of nodes.
 *
 * @throws KairosError BAD_USAGE for a name that Kubernetes refuses as the value of a label
 */
export function labelledTypes(deployment: Deployment): DeployedType[] {
  const types = deployedTypes(deployment)
  const refused = types.find(({ type }) => !LABEL_VALUE.test(type))
  if (refused === undefined) return types
  const cure =
    'name the type as its nodes are labelled: at most 63 letters, digits, dashes, dots and underscores, a letter or digit first and last'
  refuseUsage('emit', `"${refused.type}" cannot be the instance type of a node`, cure)
}

const LABEL_VALUE = /^[a-z0-9]([-\w.]{0,61}[a-z0-9])?$/i

/** The names of the resources of each type. @throws KairosError BAD_USAGE where two types would share one */
export function resourceNames(model: string, types: readonly string[]): string[] {
  const names = types.map((type) => resourceName(`${model}-${type}`))
  const second = names.findIndex((name, t) => names.indexOf(name) < t)
  if (second < 0) return names
  const first = types[names.indexOf(names[second])]
  const cure = `rename one of the types, or give the model a shorter name: ${NAMES_HAVE}`
  refuseUsage('emit', `"${first}" and "${types[second]}" would both be named ${names[second]}`, cure)
}

const NAMES_HAVE = 'names have lower-case letters, digits and dashes, 63 at most'

/** The name of the router's resources. @throws KairosError BAD_USAGE where a type would share it */
export function routerName({ model, types }: Deployment): string {
  const router = resourceName(`${model}-router`)
  const shared = resourceNames(model, types).indexOf(router)
  if (shared < 0) return router
  const cure = `rename the type, or give the model a shorter name: ${NAMES_HAVE}`
  refuseUsage('emit', `"${types[shared]}" would be named ${router}, which is the name of the router`, cure)
}

/** A DNS label (RFC 1035): up to 63 lower-case letters, digits and dashes, a letter first. A Service needs one. */
export function resourceName(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
  const begun = /^[a-z]/.test(plain) ? plain : `model-${plain}`
  return begun.slice(0, 63).replace(/-+$/, '')
}

/** Documents as one YAML file. Lines are not folded, so that scripts in it stay as they are. */
export function yamlDocuments(documents: readonly object[], comment: string): string {
  const head = comment.split('\n').map((line) => `# ${line}`.trimEnd())
  return `${head.join('\n')}\n${documents.map((document) => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n')}`
}
