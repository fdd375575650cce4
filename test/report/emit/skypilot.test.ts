import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { skypilotText } from '../../../src/report/emit/skypilot.ts'
import { DEPLOYMENT, documentsOf } from './deployment.ts'

test('each type in use has a task with as many nodes on demand, on which a server answers on its port', () => {
  const text = skypilotText(DEPLOYMENT)
  const resources = (instance_type: string) => ({ instance_type, use_spot: false, ports: [9000] })
  const run = expect.stringMatching(/^docker run --rm --network host .* servers:1\n$/)
  expect(documentsOf(text)).toEqual([
    { name: 'm-gpu-large', num_nodes: 2, resources: resources('gpu.large'), run },
    { name: 'm-cpu-large', num_nodes: 3, resources: resources('cpu.large'), run },
  ])
  expect(text).toMatch(/^# m: a task for each instance type \(m-gpu-large, m-cpu-large\)\.$/m)
})

/** The words of the command that a machine runs. @param gpus what the driver of its GPUs does; undefined for none */
function commandOf(image: string, gpus?: string): string[] {
  const [{ run }] = documentsOf(skypilotText({ ...DEPLOYMENT, image }))
  const driver = gpus === undefined ? '' : `nvidia-smi() { ${gpus}; }`
  const docker = `docker() { printf '%s\\n' "$@"; }`
  const words = execFileSync('bash', ['-c', [driver, docker, run].join('\n')], { stdio: 'pipe' })
  return words.toString().trim().split('\n')
}

const COMMAND = ['run', '--rm', '--network', 'host']

test('a server has the GPUs of its machine, where there are any', () => {
  expect(commandOf('s:1', 'echo "GPU 0: T4"')).toEqual([...COMMAND, '--gpus', 'all', 's:1'])
  // a driver without a GPU, and none
  expect(commandOf('s:1', 'echo "No devices were found"; return 9')).toEqual([...COMMAND, 's:1'])
  expect(commandOf('s:1')).toEqual([...COMMAND, 's:1'])
})

test.each(['registry.example:5000/servers@sha256:0f', 'a; rm -r /', "it's"])(
  'the image %s is one word of the shell',
  (image) => expect(commandOf(image)).toEqual([...COMMAND, image]),
)
