import { Job } from 'kubernetes-models/batch/v1/Job'
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { rankingQuestion } from '../../../src/allocate/shards.ts'
import { questionText } from '../../../src/files/documents/parts.ts'
import { kubernetesJob } from '../../../src/report/emit/kubernetes-job.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

const types = ['fast', 'slow'].map((name) => ({ name, min: 0, max: 3, pricePerHour: 1, base: false }))
const question = rankingQuestion({ workload: smallWorkload(), space: { types, budgetPerHour: 4 } })
const text = questionText(question)
const manifest = { question, text, shards: 8, image: 'example/kairos-wasm:1' }

async function documentsOf(asked: Parameters<typeof kubernetesJob>[0]) {
  return parseAllDocuments(await kubernetesJob(asked)).map((document) => document.toJS())
}

test('every object is valid by the published schema of Kubernetes', async () => {
  const [config, claim, job] = await documentsOf(manifest)
  expect(config.kind).toBe('ConfigMap')
  new ConfigMap(config).validate()
  expect(claim.kind).toBe('PersistentVolumeClaim')
  new PersistentVolumeClaim(claim).validate()
  expect(job.kind).toBe('Job')
  new Job(job).validate()
  // the schema does reject
  expect(() => new Job({ ...job, spec: { ...job.spec, completions: 'eight' } }).validate()).toThrow(
    /completions/,
  )
})

test('the job has a pod per part, which reads the question and writes its part', async () => {
  const [config, claim, job] = await documentsOf({ ...manifest, parallelism: 3 })
  expect(job.spec).toMatchObject({
    completionMode: 'Indexed',
    completions: 8,
    parallelism: 3,
    backoffLimitPerIndex: 3,
  })
  const pod = job.spec.template.spec
  const [container] = pod.containers
  expect(pod.restartPolicy).toBe('Never')
  expect(container.image).toBe('example/kairos-wasm:1')
  expect(container.args.join(' ')).toBe(
    'allocate --question /question/question.json --shards 8 --threads 1 --out /parts',
  )
  expect(container.volumeMounts).toEqual([
    { name: 'question', mountPath: '/question', readOnly: true },
    { name: 'parts', mountPath: '/parts' },
  ])
  expect(config.data['question.json']).toBe(text)
  expect(pod.volumes).toEqual([
    { name: 'question', configMap: { name: config.metadata.name } },
    { name: 'parts', persistentVolumeClaim: { claimName: claim.metadata.name } },
  ])
  // pods on several nodes write their parts
  expect(claim.spec.accessModes).toEqual(['ReadWriteMany'])
})

test.each([
  ['all at a time unless a number is given', undefined, 8],
  ['no more than there are parts', 9, 8],
])('pods run %s', async (_, parallelism, expected) => {
  const [, , job] = await documentsOf({ ...manifest, parallelism })
  expect(job.spec.parallelism).toBe(expected)
})

test('jobs of other questions have other names, so that they do not share a volume', async () => {
  const other = { ...question, space: { ...question.space, budgetPerHour: 5 } }
  const names = [question, { ...question }, other].map(async (asked) => {
    const documents = await documentsOf({ ...manifest, question: asked })
    return documents.map(({ metadata }) => metadata.name)
  })
  const [first, again, another] = await Promise.all(names)
  expect(new Set(first).size).toBe(1)
  expect(again).toEqual(first)
  expect(another).not.toContain(first[0])
})

test('pods run as a user without rights on a read-only root', async () => {
  const [, , job] = await documentsOf(manifest)
  const pod = job.spec.template.spec
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10_001, fsGroup: 10_001 })
  expect(pod.containers[0].securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
})

test('rejects a question that does not fit a ConfigMap', async () => {
  expect(await documentsOf({ ...manifest, text: 'x'.repeat(1_000_000) })).toHaveLength(3)
  const large = { ...manifest, text: 'x'.repeat(1_000_001) }
  await expect(kubernetesJob(large)).rejects.toThrow(/has 1000001 bytes, a ConfigMap holds 1000000/)
})
