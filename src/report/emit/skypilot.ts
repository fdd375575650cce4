/**
 * A configuration as tasks of SkyPilot, one for each type: `sky launch -c NAME FILE` starts the nodes of a task. The
 * fields are those of the SkyPilot YAML reference (docs.skypilot.co, "SkyPilot YAML"): name, num_nodes, resources with
 * instance_type and ports, and run. SkyPilot finds the cloud by the instance type.
 */
import { shellWord } from '../shell-word.ts'
import { type Deployment, deployedTypes, yamlDocuments } from './deployment.ts'

/** A container has no GPU of its machine unless Docker is told; Docker refuses the flag where there is none. */
const GPUS = '$(nvidia-smi -L >/dev/null 2>&1 && echo --gpus all)'

function skypilotTasks(deployment: Deployment): object[] {
  const { image, port } = deployment
  return deployedTypes(deployment).map(({ name, type, count }) => ({
    name,
    num_nodes: count,
    resources: { instance_type: type, use_spot: false, ports: [port] },
    run: `docker run --rm --network host ${GPUS} ${shellWord(image)}\n`,
  }))
}

export function skypilotText(deployment: Deployment): string {
  const names = deployedTypes(deployment).map(({ name }) => name)
  const comment = `${deployment.model}: a task for each instance type (${names.join(', ')}).\nSave each document as NAME.yaml and start it with: sky launch -c NAME NAME.yaml`
  return yamlDocuments(skypilotTasks(deployment), comment)
}
