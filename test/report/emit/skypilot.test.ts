import { expect, test } from 'vitest'
import { skypilotText } from '../../../src/report/emit/skypilot.ts'
import { DEPLOYMENT, documentsOf } from './deployment.ts'

test('each type in use has a task with as many nodes on demand, on which a server answers on its port', () => {
  const text = skypilotText(DEPLOYMENT)
  const resources = (instance_type: string) => ({ instance_type, use_spot: false, ports: [9000] })
  const run = 'docker run --rm --network host servers:1\n'
  expect(documentsOf(text)).toEqual([
    { name: 'm-gpu-large', num_nodes: 2, resources: resources('gpu.large'), run },
    { name: 'm-cpu-large', num_nodes: 3, resources: resources('cpu.large'), run },
  ])
  expect(text).toMatch(/^# m: a task for each instance type \(m-gpu-large, m-cpu-large\)\.$/m)
})

test.each([
  ['registry.example:5000/servers@sha256:0f', 'registry.example:5000/servers@sha256:0f'],
  ['a; rm -r /', "'a; rm -r /'"],
  ["it's", "'it'\\''s'"],
])('the image %s is one word of the shell', (image, word) => {
  const [{ run }] = documentsOf(skypilotText({ ...DEPLOYMENT, image }))
  expect(run).toBe(`docker run --rm --network host ${word}\n`)
})
