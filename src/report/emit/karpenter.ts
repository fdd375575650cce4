/**
 * A configuration as NodePools of Karpenter (karpenter.sh/v1): one for each type, which may have no more nodes than the
 * configuration. The pods of `--emit kubernetes` select the types, so each pool gets the nodes of its Deployment.
 */
import { type Deployment, labelledTypes, serverTaint, yamlDocuments } from './deployment.ts'

/** The EC2NodeClass that Karpenter's own guide creates. */
const NODE_CLASS = { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: 'default' }

function nodePools(deployment: Deployment): object[] {
  return labelledTypes(deployment).map(({ name, type, count }) => ({
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name },
    spec: {
      template: {
        spec: {
          nodeClassRef: NODE_CLASS,
          taints: [serverTaint(deployment)],
          requirements: [
            { key: 'node.kubernetes.io/instance-type', operator: 'In', values: [type] },
            { key: 'karpenter.sh/capacity-type', operator: 'In', values: ['on-demand'] },
          ],
          expireAfter: 'Never',
        },
      },
      limits: { nodes: String(count) },
      // the configuration is chosen as a whole: only nodes without a server go
      disruption: { consolidationPolicy: 'WhenEmpty', consolidateAfter: '5m' },
    },
  }))
}

export function karpenterText(deployment: Deployment): string {
  const comment = `Nodes for ${deployment.model}: one NodePool for each instance type.\nThey need an EC2NodeClass of the name "${NODE_CLASS.name}"; the servers are those of --emit kubernetes.`
  return yamlDocuments(nodePools(deployment), comment)
}
