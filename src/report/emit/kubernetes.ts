/**
 * A configuration as manifests of Kubernetes: for each type a Deployment on nodes of that type and a headless Service,
 * and a router in front of them. The names of a headless Service resolve to its ready endpoints; a container beside the
 * router writes them into the fleet file, which the router watches.
 */
import { digestOf } from '../../model/digest.ts'
import { refuseUsage } from '../../model/errors.ts'
import { bytesOf, checkConfigMap } from './config-map.ts'
import {
  type Deployment,
  labelledTypes,
  resourceName,
  resourceNames,
  routerName,
  serverTaint,
  yamlDocuments,
} from './deployment.ts'
import { CONTAINER_SECURITY, POD_SECURITY } from './pod-security.ts'

const ROUTER_PORT = 8001
const ADMIN_PORT = 8002

/**
 * One process uses one core. Idle it has 90 MB, under load 130 MB, and 350 MB while requests of 15 MB fill its limit of
 * bytes. Without requests of its own it would be the first pod that a node short of memory evicts.
 */
const ROUTER_RESOURCES = { requests: { cpu: '1', memory: '256Mi' }, limits: { memory: '1Gi' } }

/** For the script of the fleet file. */
const KEEPER_RESOURCES = { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '128Mi' } }

/** The bytes of an annotation, into which `kubectl apply` copies each object. */
const MOST_ANNOTATION = 250_000

/** The label by which the pods of a type are found. */
const TYPE_LABEL = 'kairos-wasm/instance-type'

function kubernetesManifests(deployment: Deployment): object[] {
  const app = resourceName(deployment.model)
  const router = routerName(deployment)
  const types = labelledTypes(deployment)
  return [
    ...types.flatMap(({ name, type, count }) => [
      serverDeployment(deployment, app, name, type, count),
      headlessService(deployment, app, name),
    ]),
    ...(deployment.spare > 0 ? [disruptionBudget(app, deployment.spare)] : []),
    configMap(deployment, app, router),
    routerDeployment(deployment, app, router),
    routerService(app, router),
  ]
}

/** @throws KairosError TOO_LARGE if a ConfigMap cannot hold the workload; BAD_USAGE if no type has an instance */
export function kubernetesText(deployment: Deployment): string {
  const { model, types, counts } = deployment
  const instances = types.flatMap((type, t) => (counts[t] > 0 ? [`${counts[t]} x ${type}`] : []))
  if (instances.length === 0) refuseUsage('emit', 'there is no instance to start', 'give rates above 0')
  const bytes = bytesOf(JSON.stringify(routerFiles(deployment)))
  checkConfigMap('the files of the router have', bytes)
  // the API server merges then, without a copy of the object
  const apply = bytes > MOST_ANNOTATION ? 'kubectl apply --server-side' : 'kubectl apply'
  return yamlDocuments(
    kubernetesManifests(deployment),
    `${model} on ${instances.join(', ')}, with a router in front of them.\nApply with: ${apply} -f FILE`,
  )
}

/** The pods of all servers of a model. */
const serversOf = (app: string) => ({
  matchLabels: { 'app.kubernetes.io/name': app, 'app.kubernetes.io/component': 'server' },
})

const NODE = 'kubernetes.io/hostname'

const labelsOf = (app: string, name: string, component: string) => ({
  'app.kubernetes.io/name': app,
  'app.kubernetes.io/instance': name,
  'app.kubernetes.io/component': component,
})

/** One pod per node: a server has the whole machine, as in the latency table. */
function serverDeployment(deployment: Deployment, app: string, name: string, type: string, count: number) {
  const { image, port } = deployment
  const labels = labelsOf(app, name, 'server')
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { ...labels, [TYPE_LABEL]: type } },
    spec: {
      replicas: count,
      // a new pod beside the old one would need one more node of the type
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, [TYPE_LABEL]: type } },
        spec: {
          nodeSelector: { 'node.kubernetes.io/instance-type': type },
          tolerations: [{ operator: 'Equal', ...serverTaint(deployment) }],
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                { labelSelector: serversOf(app), topologyKey: NODE },
              ],
            },
          },
          containers: [
            {
              name: 'server',
              image,
              ports: [{ name: 'grpc', containerPort: port }],
              readinessProbe: { tcpSocket: { port }, periodSeconds: 5 },
            },
          ],
        },
      },
    },
  }
}

function headlessService({ port }: Deployment, app: string, name: string) {
  const labels = labelsOf(app, name, 'server')
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels },
    spec: { clusterIP: 'None', selector: labels, ports: [{ name: 'grpc', port, targetPort: port }] },
  }
}

/** No more servers are down at a time, for maintenance, than the configuration can spare. */
function disruptionBudget(app: string, spare: number) {
  const name = resourceName(`${app}-servers`)
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, labels: labelsOf(app, name, 'server') },
    // a server that is not ready serves nothing: its eviction takes none away, and its node can be drained
    spec: { maxUnavailable: spare, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: serversOf(app) },
  }
}

/** The workload, and the script that keeps the fleet file. */
function configMap(deployment: Deployment, app: string, router: string) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: router, labels: labelsOf(app, router, 'router') },
    data: routerFiles(deployment),
  }
}

const routerFiles = (deployment: Deployment) => ({
  ...deployment.files,
  'fleet.mjs': fleetScript(deployment),
})

function fleetScript(deployment: Deployment): string {
  const { model, types, slots } = deployment
  const names = resourceNames(model, types)
  const services = types.map((type, t) => ({ name: names[t], type, slots: slots[t] }))
  return `// Keeps /fleet/fleet.json: the ready endpoints of the Service of each type. A type that is not in use has no Service.
import { resolve4 } from 'node:dns/promises'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

const services = ${JSON.stringify(services)}
const namespace = process.env.NAMESPACE
// the domain of the cluster: its search list has svc.DOMAIN
const domain = /\\ssvc\\.(\\S+)/.exec(readFileSync('/etc/resolv.conf', 'utf8'))?.[1] ?? 'cluster.local'
let written = ''
// the first process of a container is not ended by a signal that it does not handle
process.on('SIGTERM', () => process.exit())
for (;;) {
  const servers = []
  let isComplete = true
  for (const { name, type, slots } of services) {
    const host = \`\${name}.\${namespace}.svc.\${domain}\`
    const addresses = await resolve4(host).catch(({ code }) => {
      // a Service without a ready endpoint has no address; after another failure nothing is known of its endpoints
      if (code !== 'ENODATA' && code !== 'ENOTFOUND') isComplete = false
      return []
    })
    for (const address of addresses.sort()) servers.push({ address: \`\${address}:${deployment.port}\`, type, slots })
  }
  const text = JSON.stringify({ servers })
  // the router starts with what there is
  const isDue = isComplete || process.argv.includes('--once')
  if (isDue && text !== written) {
    writeFileSync('/fleet/next.json', text)
    renameSync('/fleet/next.json', '/fleet/fleet.json')
    written = text
  }
  if (process.argv.includes('--once')) break
  await new Promise((resolve) => setTimeout(resolve, 2000))
}
`
}

function routerDeployment(deployment: Deployment, app: string, router: string) {
  const { routerImage, policy } = deployment
  const labels = labelsOf(app, router, 'router')
  const volumeMounts = [
    { name: 'config', mountPath: '/config', readOnly: true },
    { name: 'fleet', mountPath: '/fleet' },
  ]
  const env = [{ name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }]
  const keeper = { image: routerImage, env, resources: KEEPER_RESOURCES, ...CONTAINER_SECURITY, volumeMounts }
  const annotations = {
    // a router reads its files when it starts: other files need another pod
    'kairos-wasm/files': digestOf(routerFiles(deployment)),
    // as the Prometheus of the community's chart looks for them
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': String(ADMIN_PORT),
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: router, labels },
    spec: {
      // one dispatcher decides for all servers; in a rollout the old one drains while the new one takes new requests
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations },
        spec: {
          terminationGracePeriodSeconds: 40,
          ...POD_SECURITY,
          // in the latency table a server has its machine alone: the router shares one only if no other node takes it
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 100, podAffinityTerm: { labelSelector: serversOf(app), topologyKey: NODE } },
              ],
            },
          },
          initContainers: [
            { ...keeper, name: 'first-fleet', command: ['node', '/config/fleet.mjs', '--once'] },
          ],
          containers: [
            {
              name: 'router',
              image: routerImage,
              command: ['kairos-wasm', 'route'],
              args: [
                ...['--fleet', '/fleet/fleet.json', '--workload', '/config/workload.json'],
                ...(policy === undefined ? [] : ['--policy', policy]),
                ...['--host', '0.0.0.0', '--port', String(ROUTER_PORT)],
                // probes come to the address of the pod
                ...['--admin-host', '0.0.0.0', '--admin-port', String(ADMIN_PORT)],
                // until the endpoints of the Service have changed everywhere
                ...['--lame-duck', '5s'],
              ],
              ports: [
                { name: 'grpc', containerPort: ROUTER_PORT },
                { name: 'admin', containerPort: ADMIN_PORT },
              ],
              readinessProbe: { httpGet: { path: '/readyz', port: ADMIN_PORT }, periodSeconds: 5 },
              livenessProbe: { httpGet: { path: '/healthz', port: ADMIN_PORT }, periodSeconds: 10 },
              resources: ROUTER_RESOURCES,
              ...CONTAINER_SECURITY,
              volumeMounts,
            },
            { ...keeper, name: 'fleet', command: ['node', '/config/fleet.mjs'] },
          ],
          volumes: [
            { name: 'config', configMap: { name: router } },
            { name: 'fleet', emptyDir: {} },
          ],
        },
      },
    },
  }
}

function routerService(app: string, router: string) {
  const labels = labelsOf(app, router, 'router')
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: router, labels },
    spec: {
      selector: labels,
      ports: [
        { name: 'grpc', port: ROUTER_PORT, targetPort: ROUTER_PORT },
        { name: 'admin', port: ADMIN_PORT, targetPort: ADMIN_PORT },
      ],
    },
  }
}
