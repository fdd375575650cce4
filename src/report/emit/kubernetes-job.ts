import { digestOf } from '../../model/digest.ts'
import type { RankingQuestion } from '../../model/results/ranking-part.ts'
import { bytesOf, checkConfigMap } from './config-map.ts'
import { CONTAINER_SECURITY, POD_SECURITY } from './pod-security.ts'

export interface KubernetesJob {
  readonly question: RankingQuestion
  /** The question as the file that its parts read. */
  readonly text: string
  readonly shards: number
  /** The container image. */
  readonly image: string
  /** Pods at a time; all parts at a time unless given. */
  readonly parallelism?: number | undefined
}

/** Retries of one part before the job gives it up. */
const RETRIES = 3

/**
 * The manifest of an indexed job: a ConfigMap with the question, a volume claim for the parts, and a job with a pod per
 * part. Each pod takes its part from its completion index.
 *
 * @throws KairosError TOO_LARGE for a question that does not fit a ConfigMap
 */
export async function kubernetesJob({
  question,
  text,
  shards,
  image,
  parallelism = shards,
}: KubernetesJob): Promise<string> {
  checkConfigMap('the question has', bytesOf(text))
  const { stringify } = await import('yaml')
  const name = `kairos-wasm-${digestOf(question).slice(0, 12)}`
  const labels = { 'app.kubernetes.io/name': 'kairos-wasm', 'app.kubernetes.io/instance': name }
  const documents = [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels },
      data: { 'question.json': text },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, labels },
      // all pods write to one volume
      spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } },
    },
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, labels },
      spec: {
        completionMode: 'Indexed',
        completions: shards,
        parallelism: Math.min(parallelism, shards),
        backoffLimitPerIndex: RETRIES,
        template: {
          metadata: { labels },
          spec: {
            restartPolicy: 'Never',
            ...POD_SECURITY,
            containers: [
              {
                name: 'allocate',
                image,
                args: [
                  ...['allocate', '--question', '/question/question.json', '--shards', String(shards)],
                  ...['--threads', '1', '--out', '/parts'],
                ],
                resources: {
                  requests: { cpu: '1', memory: '256Mi' },
                  limits: { memory: '512Mi' },
                },
                ...CONTAINER_SECURITY,
                volumeMounts: [
                  { name: 'question', mountPath: '/question', readOnly: true },
                  { name: 'parts', mountPath: '/parts' },
                ],
              },
            ],
            volumes: [
              { name: 'question', configMap: { name } },
              { name: 'parts', persistentVolumeClaim: { claimName: name } },
            ],
          },
        },
      },
    },
  ]
  return documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n')
}
