import { expect, test } from 'vitest'
import { karpenterText } from '../../../src/report/emit/karpenter.ts'
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
