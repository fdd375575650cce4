import { setTimeout } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readFleet, watchFleet, writeFleet } from '../../../src/files/documents/fleet.ts'
import { KairosError } from '../../../src/model/errors.ts'
import type { FleetServer } from '../../../src/model/fleet/fleet.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { scratchFolder } from '../scratch.ts'

test('there and back, in JSON and in YAML, and empty', async () => {
  const { path, write } = scratchFolder()
  const fleet = [
    { address: '127.0.0.1:1', type: 'gpu', model: 'm' },
    { address: 'b.example:65535', type: 'cpu' },
    { address: '[::1]:2', type: 'cpu' },
    { address: 'c:1', type: 'gpu', model: 'm', slots: 4 },
    { address: 'c:1', type: 'gpu', model: 'n', slots: 4 },
  ]
  await writeFleet(path('fleet.json'), fleet)
  expect(await readFleet(path('fleet.json'))).toEqual(fleet)
  expect(await readFleet(write('f.yaml', 'servers:\n  - { address: "a:1", type: cpu }\n'))).toEqual([
    { address: 'a:1', type: 'cpu' },
  ])
  expect(await readFleet(write('none.json', '{ "servers": [] }'))).toEqual([])
})

describe('refuses', () => {
  test.each([
    [
      '["a:1", "b:2"]',
      /is a list of addresses, not a fleet; give it by --service-addr, with --counts; a fleet has the type of each/,
    ],
    ['[]', /is \[\]; expected a fleet: an object with servers/],
    ['{ "servers": [{ "address": "a:1" }] }', /type: is missing; expected the name of an instance type/],
    ['{ "servers": [{ "address": "a", "type": "x" }] }', /address: is "a"; expected an address, host:port/],
    ['{ "servers": [{ "address": "a:70000", "type": "x" }] }', /expected an address, host:port/],
    ['{ "servers": [{ "address": "%:1", "type": "x" }] }', /expected an address, host:port/],
    [
      '{ "servers": [{ "address": "unix:/run/x.sock", "type": "x" }] }',
      /is "unix:.*expected an address, host:port; Unix sockets are not supported, so let the server listen on a port$/,
    ],
    ['{ "servers": [{ "address": "[zz]:80", "type": "x" }] }', /expected an address, host:port/],
    ['{ "servers": [{ "adress": "a:1", "type": "x" }] }', /adress: .*did you mean "address"/],
    [
      '{ "servers": [{ "address": "a:1", "type": "x" },\n{ "address": "a:1", "type": "y" }] }',
      /line 2: servers\[1\].address: a:1 is listed twice/,
    ],
    [
      '{ "servers": [{ "address": "a:1", "type": "x", "slots": 2, "model": "m" },\n{ "address": "a:1", "type": "x", "model": "n" }] }',
      /line 2: servers\[1\].*: is 1 for a:1, and 2 above; the models of a server share its slots/,
    ],
    [
      '{ "servers": [{ "address": "a:1", "type": "x", "model": "m" },\n{ "address": "a:1", "type": "y", "model": "m" }] }',
      /line 2: servers\[1\].address: a:1 is listed twice with "m"/,
    ],
    ['{ "servers": [{ "address": "a:1", "type": "x", "slots": 0 }] }', /slots: is 0; expected the requests/],
  ])('%s', async (text, message) => {
    const { write, refusal } = scratchFolder()
    expect((await refusal(readFleet(write('f.json', text)))).message).toMatch(message)
  })
})

test.each([
  [
    '{ address: "a:1", type: gpu }',
    'line 3: servers[1].type: a:1 is of type "gpu", which the table of small lacks; it has fast, slow',
  ],
  ['{ address: "a:1", type: fats }', 'type "fats", which the table of small lacks; did you mean "fast"?'],
  [
    '{ address: "a:1", type: fast, model: large }',
    'line 3: servers[1].model: a:1 serves "large", of which there is no workload; there is small, other',
  ],
])('refuses a server that fits none of the workloads: %s', async (server, message) => {
  const { write, refusal } = scratchFolder()
  const file = write('f.yaml', `servers:\n  - { address: "b:1", type: slow }\n  - ${server}\n`)
  const workloads = [smallWorkload(), { ...smallWorkload(), model: 'other' }]
  expect((await refusal(readFleet(file, workloads))).message).toContain(message)
  expect(await readFleet(file)).toHaveLength(2)
})

test('under a plan, refuses only servers that it takes in a window', async () => {
  const { write, refusal } = scratchFolder()
  const lines = ['fast', 'fast', 'other'].map((type, i) => {
    const model = i === 1 ? ', "model": "nobody"' : ''
    return `{ "address": "a:${i + 1}", "type": "${type}"${model} }`
  })
  const file = write('f.json', `{ "servers": [${lines.join(',\n')}] }`)
  const workloads = [smallWorkload(), { ...smallWorkload(), model: 'other' }]
  const plan = (...counts: number[][]) => ({ types: ['fast'], counts })
  expect(await readFleet(file, workloads, plan([1], [0]))).toHaveLength(3)
  expect((await refusal(readFleet(file, workloads, plan([1], [2], [1])))).message).toContain(
    'line 2: servers[1].model: a:2 serves "nobody", of which there is no workload',
  )
})

describe('a fleet that is watched', () => {
  const servers = [{ address: 'a:1', type: 'x' }]

  /** @param failures that the next readings end with */
  async function watched(known: readonly FleetServer[], failures: Error[] = []): Promise<unknown[]> {
    const { path } = scratchFolder()
    const ending = new AbortController()
    onTestFinished(() => ending.abort())
    await writeFleet(path('f.json'), servers)
    const told: unknown[] = []
    const note = (what: unknown) => void told.push(what)
    const read = async () => {
      const failure = failures.shift()
      if (failure) throw failure
      return readFleet(path('f.json'))
    }
    watchFleet(path('f.json'), { read, known, onChange: note, onError: note }, ending.signal)
    return told
  }

  test('is read again at once: it may have changed since the first reading', async () => {
    const told = await watched([])
    await expect.poll(() => told).toEqual([servers])
  })

  test('is no change where it is the same', async () => {
    const told = await watched(servers)
    await setTimeout(100)
    expect(told).toEqual([])
  })

  test('is read until the system lets it, which is told once', async () => {
    const failure = () => new KairosError('DISK', 'too many files are open')
    const told = await watched([], [failure(), failure()])
    await expect.poll(() => told, { timeout: 10_000 }).toEqual([failure(), servers])
  })

  test('is not read again where its content is wrong, until it changes', async () => {
    const failure = new KairosError('BAD_FILE', 'is empty')
    const told = await watched([], [failure])
    await setTimeout(1_500)
    expect(told).toEqual([failure])
  })
})
