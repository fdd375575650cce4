import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { Deployment } from '../../../src/report/emit/deployment.ts'
import { kubernetesText } from '../../../src/report/emit/kubernetes.ts'
import { DEPLOYMENT, documentsOf } from './deployment.ts'

const manifests = documentsOf(kubernetesText(DEPLOYMENT))
const specOf = (kind: string, name: string) =>
  manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name).spec
const servers = ['m-gpu-large', 'm-cpu-large']
const router = specOf('Deployment', 'm-router').template

test('servers are found on their port, each at its own address', () => {
  for (const name of servers) {
    const [{ ports, readinessProbe }] = specOf('Deployment', name).template.spec.containers
    expect([ports[0].containerPort, readinessProbe.tcpSocket.port]).toEqual([9000, 9000])
    const service = specOf('Service', name)
    expect(service.ports).toEqual([{ name: 'grpc', port: 9000, targetPort: 9000 }])
    // a Service with an address of its own would balance the load itself
    expect(service.clusterIP).toBe('None')
  }
  const { data } = manifests.find(({ kind }) => kind === 'ConfigMap')
  expect(data['fleet.mjs']).toMatch(/address: `[^`]+:9000`/)
})

test('a node has one server, of whatever type, and a disruption takes as many servers as can be spared', () => {
  const { maxUnavailable, selector, unhealthyPodEvictionPolicy } = specOf('PodDisruptionBudget', 'm-servers')
  expect(maxUnavailable).toBe(1)
  // servers that are not ready, one more than can be spared, would keep their nodes from being drained for ever
  expect(unhealthyPodEvictionPolicy).toBe('AlwaysAllow')
  for (const name of servers) {
    const { metadata, spec } = specOf('Deployment', name).template
    const [apart] = spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution
    expect(apart.topologyKey).toBe('kubernetes.io/hostname')
    for (const { matchLabels } of [apart.labelSelector, selector]) {
      expect(metadata.labels).toMatchObject(matchLabels)
      expect(router.metadata.labels).not.toMatchObject(matchLabels)
    }
  }
})

test('a new router is ready before the old one ends, which has time to end what it has', () => {
  expect(specOf('Deployment', 'm-router')).toMatchObject({
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  })
  const { containers, terminationGracePeriodSeconds } = router.spec
  expect(containers[0].args.slice(-2)).toEqual(['--lame-duck', '5s'])
  // the drain of 30 s follows the lame-duck time
  expect(terminationGracePeriodSeconds).toBeGreaterThan(35)
})

test('the pod of a router has its memory, no rights, and a node without a server where there is one', () => {
  const { securityContext, automountServiceAccountToken, affinity, initContainers, containers, volumes } =
    router.spec
  expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
  // the number that the image has, by which the folder of the fleet can be written
  expect(securityContext).toMatchObject({ runAsUser: 10_001, runAsGroup: 10_001, fsGroup: 10_001 })
  expect(automountServiceAccountToken).toBe(false)
  const all = [...initContainers, ...containers]
  expect(all).toHaveLength(3)
  for (const { securityContext, volumeMounts, resources } of all) {
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(volumeMounts).toContainEqual({ name: 'fleet', mountPath: '/fleet' })
    // no limit of processor time: it would stop a router in the middle of its requests
    expect(Object.keys(resources.limits)).toEqual(['memory'])
    expect(Object.keys(resources.requests)).toEqual(['cpu', 'memory'])
  }
  expect(volumes).toContainEqual({ name: 'fleet', emptyDir: {} })
  const [{ podAffinityTerm }] = affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution
  for (const name of servers)
    expect(specOf('Deployment', name).template.metadata.labels).toMatchObject(
      podAffinityTerm.labelSelector.matchLabels,
    )
})

test('a router of other slots is another pod: it reads its files when it starts', () => {
  const annotationOf = (slots: number[]) => {
    const documents = documentsOf(kubernetesText({ ...DEPLOYMENT, slots }))
    const { template } = documents.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'm-router',
    ).spec
    return template.metadata.annotations['kairos-wasm/files']
  }
  expect(annotationOf([4, 1, 2])).toBe(router.metadata.annotations['kairos-wasm/files'])
  expect(annotationOf([4, 1, 3])).not.toBe(annotationOf([4, 1, 2]))
})

test('Prometheus finds the metrics of a router by the annotations of its pod', () => {
  const { ports } = router.spec.containers[0]
  const admin = ports.find(({ name }: { name: string }) => name === 'admin')
  expect(router.metadata.annotations).toMatchObject({
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': String(admin.containerPort),
  })
})

test('other files of the router need another pod of it; other counts do not, nor types that were not in use', () => {
  const podOf = (deployment: Deployment) => {
    const made = documentsOf(kubernetesText(deployment))
    return made.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'm-router').spec
      .template
  }
  expect(podOf({ ...DEPLOYMENT, counts: [1, 0, 9] })).toEqual(router)
  expect(podOf({ ...DEPLOYMENT, counts: [2, 1, 3] })).toEqual(router)
  expect(podOf({ ...DEPLOYMENT, files: { 'workload.json': '{}' } })).not.toEqual(router)
})

test('everything of one model is found by its name', () => {
  expect(manifests.map(({ metadata }) => metadata.labels['app.kubernetes.io/name'])).toEqual(
    manifests.map(() => 'm'),
  )
})

test('tables beyond the annotation of kubectl are applied on the server, and those beyond a ConfigMap are refused', () => {
  const textOf = (files: string) => kubernetesText({ ...DEPLOYMENT, files: { 'latency.csv': files } })
  const howTo = (files: string) => /^# Apply with: (.*)$/m.exec(textOf(files))?.[1]
  expect(howTo('x'.repeat(200_000))).toBe('kubectl apply -f FILE')
  // kubectl apply: metadata.annotations: Too long: must have at most 262144 bytes
  expect(howTo('x'.repeat(260_000))).toBe('kubectl apply --server-side -f FILE')
  // a line end is two bytes in the annotation, and this letter two in both
  expect(howTo('\n'.repeat(130_000))).toBe('kubectl apply --server-side -f FILE')
  expect(howTo('é'.repeat(130_000))).toBe('kubectl apply --server-side -f FILE')
  expect(() => textOf('x'.repeat(1_048_000))).toThrow(
    /the files of the router have 10\d{5} bytes, a ConfigMap holds 1000000; use a latency table of fewer/,
  )
})

test('a router begins with a fleet, and gets requests once it is ready', () => {
  const { initContainers, containers } = router.spec
  const [container, fleet] = containers
  // the first fleet is written before the router starts, later ones as long as it runs
  expect(initContainers[0].command).toEqual(['node', '/config/fleet.mjs', '--once'])
  expect(fleet.command).toEqual(['node', '/config/fleet.mjs'])
  expect(container.readinessProbe.httpGet.path).toBe('/readyz')
  expect(container.livenessProbe.httpGet.path).toBe('/healthz')
  const ports = container.ports.map(({ name, containerPort }: { name: string; containerPort: number }) => {
    return { name, port: containerPort, targetPort: containerPort }
  })
  expect(specOf('Service', 'm-router').ports).toEqual(ports)
})

test.each([
  ['m', 'router', 'm-router'],
  ['x'.repeat(63), 'gpu', 'x'.repeat(63)],
])('refuses a model and a type whose resources would replace the router: %s, %s', (model, type, name) => {
  // the type has no instance now, but its name is looked up
  const named = { ...DEPLOYMENT, model, types: ['big', type], counts: [1, 0], slots: [1, 1] }
  const types = model === 'm' ? named : { ...named, types: [type], counts: [1], slots: [1] }
  const refused = `emit: "${type}" would be named ${name}, which is the name of the router; rename the type, or`
  expect(() => kubernetesText(types)).toThrow(refused)
})

/** What `/etc/resolv.conf` of a pod has. */
const RESOLV = 'search n.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\n'

/** The fleets that the script of the router writes. @param resolve4 the code that finds the addresses of a name */
function written(resolve4: string, ...flags: string[]) {
  return writtenIn(RESOLV, resolve4, ...flags)
}

function writtenIn(resolv: string, resolve4: string, ...flags: string[]) {
  const { data } = manifests.find(({ kind }) => kind === 'ConfigMap')
  const script = data['fleet.mjs'].replace(/^import .*$/gm, '').replace('2000', '1')
  const files = `const writeFileSync = (_, text) => console.log(text), renameSync = () => undefined
    const readFileSync = () => ${JSON.stringify(resolv)}`
  const code = `let asked = 0\nconst resolve4 = async (host) => {${resolve4}}\n${files}\n${script}`
  const lines = execFileSync(process.execPath, ['--input-type=module', '-e', code, '--', ...flags], {
    env: { NAMESPACE: 'n' },
  })
  return lines.toString().trim().split('\n')
}

test('a fleet is written again only where its servers have changed, not their order', () => {
  // three looks at three names, whose addresses come in another order each time
  const addresses = "asked++ % 6 < 3 ? ['10.0.0.1', '10.0.0.2'] : ['10.0.0.2', '10.0.0.1']"
  const looks = `if (asked === 9) process.exit(); return ${addresses}`
  expect(written(looks)).toHaveLength(1)
})

test('the first fleet has the servers that are found, although one name cannot be looked up', () => {
  // the second type is not in use, and has no Service
  const looks = `asked++
    if (asked < 3) throw Object.assign(new Error('none'), { code: asked === 1 ? 'ETIMEOUT' : 'ENOTFOUND' })
    return ['10.0.0.1']`
  const server = { address: '10.0.0.1:9000', type: 'cpu.large', slots: 2 }
  expect(written(looks, '--once').map((text) => JSON.parse(text))).toEqual([{ servers: [server] }])
})

test.each([
  [RESOLV, 'cluster.local'],
  [
    'nameserver 10.0.0.1\nsearch n.svc.k8s.example.org svc.k8s.example.org k8s.example.org',
    'k8s.example.org',
  ],
  // outside a pod
  ['nameserver 10.0.0.1\n', 'cluster.local'],
])('names are looked up in the domain of the cluster: %j', (resolv, domain) => {
  const found = `return host === 'm-gpu-large.n.svc.${domain}' ? ['10.0.0.1'] : []`
  const [text] = writtenIn(resolv, found, '--once')
  expect(JSON.parse(text).servers).toMatchObject([{ address: '10.0.0.1:9000', type: 'gpu.large' }])
})

test('the script of the fleet ends with its pod', () => {
  // a process that a signal ended would be an error here
  const looks =
    "process.kill(process.pid, 'SIGTERM'); return new Promise((resolve) => setTimeout(resolve, 10_000, []))"
  expect(written(looks)).toEqual([''])
})

test('a plan of rates of 0 has no instance to start, which is refused', () => {
  expect(() => kubernetesText({ ...DEPLOYMENT, counts: [0, 0, 0] })).toThrow(
    /no instance to start; give rates above 0/,
  )
})
