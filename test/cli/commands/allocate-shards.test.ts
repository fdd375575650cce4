import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { kairosHere, temporaryFolder } from '../kairos.ts'

const allocate = (folder: string, ...args: string[]) => kairosHere(['allocate', ...args], folder)

test('parts of several processes print the bytes of one process', async () => {
  const folder = temporaryFolder()
  const question = ['--model', 'dien', '--top-n', '40']
  const parts = await Promise.all(
    [0, 1, 2].map((i) => allocate(folder, ...question, '--shard', `${i}/3`, '--out', 'parts')),
  )
  for (const { status, stdout, stderr } of parts) {
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    expect(stderr).toMatch(/\d+ rows in \d+ ms, saved parts\/part-0000\d-of-00003\.json/)
  }
  for (const format of ['json', 'csv', 'ndjson', 'table']) {
    const [merged, whole] = await Promise.all([
      kairosHere(['merge', 'parts', '--format', format], folder),
      allocate(folder, ...question, '--format', format),
    ])
    expect(merged.status).toBe(0)
    expect(merged.stdout).toBe(whole.stdout)
  }
  rmSync(join(folder, 'parts', 'part-00001-of-00003.json'))
  const { status, stderr } = await kairosHere(['merge', 'parts'], folder)
  expect(status).toBe(2)
  expect(stderr).toMatch(/part 1 of 3 is missing; rank it with allocate --shard/)
})

test('pods of an indexed job take their part from their index, and the question from its file', async () => {
  const folder = temporaryFolder()
  const emitted = await allocate(folder, '--shards', '2', '--emit', 'kubernetes-job', '--parallelism', '1')
  expect(emitted.status).toBe(0)
  const [config, , job] = parseAllDocuments(emitted.stdout).map((document) => document.toJS())
  const [{ args, image }] = job.spec.template.spec.containers
  expect(image).toBe('kairos-wasm')
  writeFileSync(join(folder, 'question.json'), config.data['question.json'])
  const here = args.map((word: string) =>
    word.replace('/question/question.json', 'question.json').replace('/parts', 'parts'),
  )
  for (const index of ['0', '1']) {
    process.env.JOB_COMPLETION_INDEX = index
    try {
      expect((await kairosHere(here, folder)).status).toBe(0)
    } finally {
      delete process.env.JOB_COMPLETION_INDEX
    }
  }
  const [merged, whole] = await Promise.all([
    kairosHere(['merge', 'parts', '--format', 'json'], folder),
    allocate(folder, '--format', 'json'),
  ])
  expect(merged.stdout).toBe(whole.stdout)
})

test('parts by the closed form, which may also say how many there are, print the bytes of one process', async () => {
  const folder = temporaryFolder()
  const question = ['--model', 'dien', '--bound', 'closed-form', '--top-n', '40']
  for (const shard of ['0/2', '1/2']) {
    const { status } = await allocate(
      folder,
      ...question,
      '--shard',
      shard,
      '--shards',
      '2',
      '--out',
      'parts',
    )
    expect(status).toBe(0)
  }
  const [merged, whole] = await Promise.all([
    kairosHere(['merge', 'parts', '--format', 'json'], folder),
    allocate(folder, ...question, '--format', 'json'),
  ])
  expect(merged.stdout).toBe(whole.stdout)
})

test.each([
  ['2', ['--shards', '2'], /JOB_COMPLETION_INDEX is "2"; a whole number from 0 to 1 is expected/],
  ['-1', ['--shards', '2'], /JOB_COMPLETION_INDEX is "-1"; a whole number from 0 to 1 is expected/],
  ['0x1', ['--shards', '2'], /JOB_COMPLETION_INDEX is "0x1"; a whole number from 0 to 1 is expected/],
  ['0', ['--question', 'q.json'], /no part is named; add --shard, such as --shard 0\/16/],
])('a pod with the index %s is refused with %j', async (index, flags, message) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'q.json'), await questionText(folder))
  process.env.JOB_COMPLETION_INDEX = index
  onTestFinished(() => {
    delete process.env.JOB_COMPLETION_INDEX
  })
  const { status, stderr } = await allocate(folder, ...flags, '--out', 'p')
  expect(status).toBe(2)
  expect(stderr).toMatch(message)
  expect(existsSync(join(folder, 'p'))).toBe(false)
})

/** The question that a manifest of pods has. */
async function questionText(folder: string): Promise<string> {
  const { stdout } = await allocate(folder, '--shards', '2', '--emit', 'kubernetes-job')
  return parseAllDocuments(stdout)[0].toJS().data['question.json']
}

test('nothing feasible: status 3, and the same explanation', async () => {
  const folder = temporaryFolder()
  const question = ['--qos-ms', '1']
  await allocate(folder, ...question, '--shard', '0/1', '--out', 'parts')
  const merged = await kairosHere(['merge', 'parts', '--format', 'json'], folder)
  const whole = await allocate(folder, ...question, '--format', 'json')
  expect(merged.status).toBe(3)
  expect(merged.stdout).toBe(whole.stdout)
  expect(merged.stderr).toMatch(/nothing is feasible/)
})

test.each(['empty', 'file', 'none'])(
  'merge says which folder is expected in the place of %s',
  async (name) => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'empty'))
    writeFileSync(join(folder, 'file'), '')
    const { status, stderr } = await kairosHere(['merge', name], folder)
    expect(status).toBe(2)
    expect(stderr).toMatch(/question.json: .*; name a folder that allocate --shard has written parts to\n$/)
  },
)

describe('what it rejects', () => {
  test.each([
    [['--shard', '3/3'], /Expected i\/N with i from 0 to N - 1/],
    [['--shard', '0/2'], /a part is written to a folder; name it with --out/],
    [['--shard', '0/2', '--shards', '3', '--out', 'p'], /--shard is of 2 parts, --shards says 3/],
    [['--shards', '3', '--out', 'p'], /no part is named, and JOB_COMPLETION_INDEX is not set/],
    [['--shard', '0/2', '--all', '--out', 'p'], /--all does not go with parts/],
    [['--shard', '0/2', '--target-qps', '9', '--out', 'p'], /--target-qps does not go with parts/],
    [['--emit', 'kubernetes-job'], /--emit needs the number of parts; add --shards/],
    [
      ['--question', 'q.json', '--model', 'rm2', '--shard', '0/2'],
      /--question and --model say what is ranked/,
    ],
    ...[
      '--qos-ms 50',
      '--percentile 90',
      '--no-batching',
      '--max-batch 100',
      '--catalog c.csv',
      '--top-n 5',
    ].map((flag): [string[], RegExp] => [
      ['--question', 'q.json', '--shard', '0/2', '--out', 'p', ...flag.split(' ')],
      new RegExp(`--question and ${flag.split(' ')[0]} say what is ranked`),
    ]),
    [
      ['--shard', '0/2', '--repeats', '3', '--out', 'p'],
      /--repeats is for replays, and parts rank by bounds/,
    ],
    [
      ['--shards', '3', '--emit', 'skypilot', '--image', 'a'],
      /--emit skypilot starts the first row, which no/,
    ],
    [['--shard', '0/2', '--image', 'a', '--out', 'p'], /--image is for the job of all parts; add --emit/],
    [['--parallelism', '3'], /--parallelism is for the job of all parts/],
    [
      ['--shards', '3', '--emit', 'kubernetes-job', '--out', 'p'],
      /the job of all parts, and --out is for one/,
    ],
    [['--question', 'q.json', '--shard', '0/2', '--out', 'p'], /q\.json: there is no such file/],
  ])('%j', async (args, message) => {
    const folder = temporaryFolder()
    const { status, stderr } = await allocate(folder, ...args)
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
    expect(existsSync(join(folder, 'p'))).toBe(false)
  })

  test('a folder without parts', async () => {
    const folder = temporaryFolder()
    const { status, stderr } = await kairosHere(['merge', '.'], folder)
    expect(status).toBe(2)
    expect(stderr).toMatch(/question\.json: there is no such file/)
    expect(readdirSync(folder)).toEqual([])
  })
})
