import { expect, test } from 'vitest'
import { karpenterText } from '../../../src/report/emit/karpenter.ts'
import { kubernetesText } from '../../../src/report/emit/kubernetes.ts'
import { DEPLOYMENT, documentsOf } from './deployment.ts'

test('each type in use has a pool of as many nodes, which are on demand and stay while they have a server', () => {
  const pools = documentsOf(karpenterText(DEPLOYMENT))
  expect(pools.map(({ metadata, spec }) => [metadata.name, spec.limits])).toEqual([
    ['m-gpu-large', { nodes: '2' }],
    ['m-cpu-large', { nodes: '3' }],
  ])
  const [{ template, disruption }] = pools.map(({ spec }) => spec)
  expect(template.spec.requirements).toEqual([
    { key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['gpu.large'] },
    { key: 'karpenter.sh/capacity-type', operator: 'In', values: ['on-demand'] },
  ])
  expect(template.spec.expireAfter).toBe('Never')
  expect(disruption.consolidationPolicy).toBe('WhenEmpty')
})

test('nodes take servers only: a pod of anything else would make them slower than their latency table', () => {
  const taints = documentsOf(karpenterText(DEPLOYMENT)).map(({ spec }) => spec.template.spec.taints)
  const [taint] = taints[0]
  expect(taint.effect).toBe('NoSchedule')
  expect(taints).toEqual([[taint], [taint]])
  const pods = documentsOf(kubernetesText(DEPLOYMENT)).filter(({ kind }) => kind === 'Deployment')
  // the servers of both types, not the router
  const tolerated = pods.map(({ spec }) => spec.template.spec.tolerations)
  expect(tolerated).toEqual([[{ operator: 'Equal', ...taint }], [{ operator: 'Equal', ...taint }], undefined])
  // the servers of another model are other pods
  const [other] = documentsOf(karpenterText({ ...DEPLOYMENT, model: 'n' }))
  expect(other.spec.template.spec.taints).not.toEqual([taint])
})
