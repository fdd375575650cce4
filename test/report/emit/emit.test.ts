/** Manifests against schemas: those of Kubernetes as published on npm, others from the published sources they name. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { Deployment } from 'kubernetes-models/apps/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Service } from 'kubernetes-models/v1'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { programFor } from '../../../src/cli/program.ts'
import { readFleet } from '../../../src/files/documents/fleet.ts'
import { resourceName } from '../../../src/report/emit/deployment.ts'
import { karpenterText } from '../../../src/report/emit/karpenter.ts'
import { kubernetesText } from '../../../src/report/emit/kubernetes.ts'
import { kairosHere } from '../../cli/kairos.ts'

const KINDS = { Deployment, PodDisruptionBudget, ConfigMap, Service }

interface Manifest {
  readonly resources: { readonly infra?: string }
  readonly kind: keyof typeof KINDS
  readonly metadata: { readonly name: string }
  // biome-ignore lint/suspicious/noExplicitAny: the schema has checked it
  readonly spec: any
  readonly data: Record<string, string>
}

async function emitted(...flags: string[]): Promise<Manifest[]> {
  const { status, stdout, stderr } = await kairosHere(['allocate', '--model', 'dien', '--quiet', ...flags])
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return parseAllDocuments(stdout).map((document) => document.toJS())
}

const IMAGES = ['--image', 'dien:1', '--router-image', 'router:1']

describe('--emit kubernetes', () => {
  let manifests: readonly Manifest[]
  beforeAll(async () => {
    manifests = await emitted('--emit', 'kubernetes', ...IMAGES)
  })

  test('is valid, and starts the first row', () => {
    for (const manifest of manifests)
      expect(() => new KINDS[manifest.kind](manifest as never).validate()).not.toThrow()
    const replicas = manifests
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ metadata, spec }) => [metadata.name, spec.replicas, spec.template.spec.nodeSelector])
    expect(replicas).toEqual([
      ['dien-g4dn-xlarge', 2, { 'node.kubernetes.io/instance-type': 'g4dn.xlarge' }],
      ['dien-r5n-large', 9, { 'node.kubernetes.io/instance-type': 'r5n.large' }],
      ['dien-router', 1, undefined],
    ])
    expect(manifests.some(({ kind }) => kind === 'PodDisruptionBudget')).toBe(false)
  })

  test('selectors match the labels of the pods', () => {
    for (const { kind, spec, metadata } of manifests) {
      if (kind !== 'Deployment') continue
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels)
      const service = manifests.find(
        (other) => other.kind === 'Service' && other.metadata.name === metadata.name,
      )
      expect(spec.template.metadata.labels).toMatchObject(service!.spec.selector)
    }
  })

  test('a rollout of servers replaces them one by one: a node takes one server, so that none has room for a second', () => {
    const servers = manifests.filter(
      ({ kind, spec }) => kind === 'Deployment' && spec.template.spec.nodeSelector,
    )
    expect(servers).toHaveLength(2)
    for (const { spec } of servers) {
      expect(spec.strategy).toEqual({
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
      })
    }
  })

  test('--spare limits disruptions to the instances that may be lost', async () => {
    const spared = await emitted('--emit', 'kubernetes', ...IMAGES, '--target-qps', '300', '--spare', '1')
    const budgets = spared.filter(({ kind }) => kind === 'PodDisruptionBudget')
    expect(budgets.map(({ spec }) => spec.maxUnavailable)).toEqual([1])
  })

  test('the router of the pod takes its flags, and listens where probes and clients come to', async () => {
    const router = manifests
      .filter(({ kind }) => kind === 'Deployment')
      .flatMap(({ spec }) => spec.template.spec.containers)
      .find(({ args }) => args?.includes('--admin-port'))
    const program = await programFor(router.command.slice(1), '1.0.0')
    const route = program.commands.find((command) => command.name() === 'route')!
    const { unknown } = route.parseOptions(router.args)
    expect(unknown).toEqual([])
    const { host, port, adminHost, adminPort } = route.opts()
    const ports = router.ports.map(({ containerPort }: { containerPort: number }) => containerPort)
    expect([host, port, adminHost, adminPort]).toEqual(['0.0.0.0', ports[0], '0.0.0.0', ports[1]])
    for (const probe of [router.readinessProbe, router.livenessProbe])
      expect(probe.httpGet.port).toBe(adminPort)
  })

  test('the target stands in the workload only, so that an edit of it changes what the router keeps', async () => {
    const strict = await emitted('--emit', 'kubernetes', ...IMAGES, '--qos-ms', '40', '--percentile', '95')
    const { data } = strict.find(({ kind }) => kind === 'ConfigMap')!
    expect(JSON.parse(data['workload.json'])).toMatchObject({ qosMs: 40, percentile: 95 })
    const args = strict
      .flatMap(({ spec }) => spec?.template?.spec.containers ?? [])
      .flatMap(({ args = [] }) => args)
    expect(args).toContain('/config/workload.json')
    expect(args.filter((arg: string) => ['--qos-ms', '--percentile'].includes(arg))).toEqual([])
  })

  test('the config map has the workload, and the script writes a fleet that the router reads', async () => {
    const { data } = manifests.find(({ kind }) => kind === 'ConfigMap')!
    const folder = mkdtempSync(join(tmpdir(), 'kairos-emit-'))
    try {
      for (const [name, text] of Object.entries(data))
        writeFileSync(join(folder, name), text.replaceAll('/fleet/', `${folder}/`))
      const flags = ['-w', 'workload.json', '-s', 'hpdc23', '--format', 'csv', '--quiet']
      const own = await kairosHere(['allocate', ...flags], folder)
      expect(own.stdout).toBe(
        (await kairosHere(['allocate', '--model', 'dien', '--format', 'csv', '--quiet'])).stdout,
      )
      execFileSync(process.execPath, [join(folder, 'fleet.mjs'), '--once'], { env: { NAMESPACE: 'none' } })
      expect(JSON.parse(readFileSync(join(folder, 'fleet.json'), 'utf8'))).toEqual({ servers: [] })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

test('servers have the slots of their type in the fleet of the router', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-emit-'))
  try {
    const type = { name: 'g4dn.xlarge', max: 1, slots: 4 }
    const space = join(folder, 'space.json')
    writeFileSync(space, JSON.stringify({ types: [type], budgetPerHour: 1 }))
    const manifests = await emitted('--emit', 'kubernetes', ...IMAGES, '--space', space)
    const { data } = manifests.find(({ kind }) => kind === 'ConfigMap')!
    // names are resolved by a cluster: here each has one endpoint
    const script = data['fleet.mjs']
      .replace(/^import \{ resolve4 .*$/m, "const resolve4 = async () => ['127.0.0.1']")
      .replaceAll('/fleet/', `${folder}/`)
    writeFileSync(join(folder, 'fleet.mjs'), script)
    execFileSync(process.execPath, [join(folder, 'fleet.mjs'), '--once'], { env: { NAMESPACE: 'none' } })
    const server = { address: '127.0.0.1:8001', type: 'g4dn.xlarge', slots: 4 }
    const fleet = await readFleet(join(folder, 'fleet.json'))
    expect(fleet).toMatchObject([server])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.each([
  ['that cannot be looked up for a moment takes no server', 'ETIMEOUT', 0],
  ['without an address takes its servers', 'ENODATA', 1],
  ['that is not found takes its servers', 'ENOTFOUND', 1],
])('a name %s out of the fleet', async (_what, code, taken) => {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-emit-'))
  try {
    const manifests = await emitted('--emit', 'kubernetes', ...IMAGES)
    const { data } = manifests.find(({ kind }) => kind === 'ConfigMap')!
    // a look-up of every type each time; the first time finds them all, the second all but one
    const types = new Set(data['fleet.mjs'].match(/"type":"[^"]+"/g)).size
    const stub = `let asked = 0
const resolve4 = async () => {
  asked += 1
  if (asked === ${types + 1}) throw Object.assign(new Error('no address'), { code: '${code}' })
  if (asked <= ${2 * types}) return ['127.0.0.' + (asked % ${types})]
  process.exit()
}`
    const script = data['fleet.mjs']
      .replace(/^import \{ resolve4 .*$/m, stub)
      .replaceAll('/fleet/', `${folder}/`)
      .replace('2000', '1')
    writeFileSync(join(folder, 'fleet.mjs'), script)
    execFileSync(process.execPath, [join(folder, 'fleet.mjs')], { env: { NAMESPACE: 'none' } })
    expect(await readFleet(join(folder, 'fleet.json'))).toHaveLength(types - taken)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.each([
  ['karpenter', []],
  ['skypilot', ['--image', 'dien:1']],
])('--emit %s is valid', async (tool, flags) => {
  const file = { karpenter: 'karpenter-nodepool', skypilot: 'skypilot-task' }[tool]
  const schema = parse(readFileSync(new URL(`../../fixtures/schemas/${file}.json`, import.meta.url), 'utf8'))
  const validate = new Ajv({ strict: false }).compile(schema)
  const manifests = await emitted('--emit', tool, ...flags)
  expect(manifests).toHaveLength(2)
  for (const manifest of manifests) {
    validate(manifest)
    expect(validate.errors).toBe(null)
  }
  // whose machines they are, SkyPilot knows by their names
  if (tool === 'skypilot')
    expect(manifests.map(({ resources }) => resources.infra)).toEqual([undefined, undefined])
})

test('search prints manifests of the measured best, as does allocate --verify', async () => {
  const short = ['--model', 'dien', '--quiet', '--queries', '1000', '--repeats', '2']
  const flags = ['--emit', 'karpenter']
  const found = await kairosHere(['search', ...short, '--format', 'json'])
  const [{ counts }] = JSON.parse(found.stdout).rows
  const { status, stdout, stderr } = await kairosHere(['search', ...short, ...flags])
  expect([status, stderr]).toEqual([0, ''])
  const nodes = parseAllDocuments(stdout).map((document) => document.toJS().spec.limits.nodes)
  expect(nodes).toEqual(counts.filter((count: number) => count > 0).map(String))
  expect((await kairosHere(['allocate', '--verify', ...short, ...flags])).stdout).toBe(stdout)
  const early = await kairosHere(['search', ...short, ...flags, '--time-limit', '0.001'])
  expect([early.status, early.stdout]).toEqual([1, ''])
  expect(early.stderr).toMatch(
    /^kairos-wasm: nothing was measured before the search ended, so there are no manifests$/m,
  )
  const spared = ['--target-qps', '200', '--spare', '1', '--emit', 'kubernetes', ...IMAGES]
  const kept = await kairosHere(['search', ...short, ...spared])
  const budgets = parseAllDocuments(kept.stdout).map((document) => document.toJS())
  expect(budgets.filter(({ kind }) => kind === 'PodDisruptionBudget')).toHaveLength(1)
  // the router follows the policy that was measured
  const measured = ['--policy', 'fcfs', '--emit', 'kubernetes', ...IMAGES]
  const manifests = (await kairosHere(['search', ...short, ...measured])).stdout
  expect(manifests).toMatch(/- --policy\n +- fcfs\n/)
  const missing = await kairosHere(['search', '--emit', 'skypilot'])
  expect([missing.status, missing.stderr]).toEqual([
    2,
    'kairos-wasm: --image is missing; name the image of your servers\n',
  ])
})

test.each([
  [
    ['--emit', 'kubernetes'],
    '--image and --router-image are missing; name the image of your servers, and one that has Node and kairos-wasm',
  ],
  [['--emit', 'kubernetes', '--router-image', 'r'], '--image is missing; name the image of your servers'],
  [
    ['--emit', 'kubernetes', '--image', 'i'],
    '--router-image is missing; name an image that has Node and kairos-wasm',
  ],
  [['--image', 'i'], '--image is for manifests; add --emit'],
])('%j is refused', async (flags, message) => {
  const { status, stderr } = await kairosHere(['allocate', ...flags])
  expect([status, stderr]).toEqual([2, `kairos-wasm: ${message}\n`])
})

test.each([
  ['Llama 3.1 (8B)', 'llama-3-1-8b'],
  ['-', 'model'],
  ['x'.repeat(80), 'x'.repeat(63)],
  // a Service begins with a letter
  ['70b-g5.xlarge', 'model-70b-g5-xlarge'],
])('the resource of %j is %s', (text, name) => expect(resourceName(text)).toBe(name))

test.each([kubernetesText, karpenterText])(
  'refuses a type whose name cannot be a label of nodes: %o',
  (textOf) => {
    const typed = (type: string) => () =>
      textOf({
        ...{ model: 'm', types: [type], counts: [1], slots: [1], spare: 0 },
        ...{ image: 'm:1', port: 8001, routerImage: 'r:1', files: {} },
      })
    for (const type of ['g4dn.xlarge', 'a', 'Standard_NC6s_v3', 'a'.repeat(63)])
      expect(typed(type)).not.toThrow()
    for (const type of ['cpu 16', 'g2-müller', 'a"b', '-a', 'a.', 'a'.repeat(64)])
      expect(typed(type)).toThrow(
        /emit: ".*" cannot be the instance type of a node; name the type as its nodes/,
      )
  },
)
