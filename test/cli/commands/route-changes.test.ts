import { expect, test } from 'vitest'
import { routedServers } from '../../../src/cli/commands/route-changes.ts'
import type { FleetServer } from '../../../src/model/fleet/fleet.ts'
import type { Workload } from '../../../src/model/workload/workload.ts'

const workload = [{ model: 'bert' }, { model: 'resnet' }] as Workload[]
const first = { address: 'a:1', type: 'gpu' }
const second = { address: 'b:1', type: 'gpu' }
const other = { address: 'c:1', type: 'gpu', model: 'resnet' }

/** The warnings of all parts of a fleet. */
function warningsOf(listed: readonly FleetServer[], count: number, warnsForAll = true): string[] {
  const warnings: string[] = []
  const warn = ({ model }: { model: string }, text: string) => warnings.push(`${model}: ${text}`)
  for (let index = 0; index < count; index++) {
    routedServers({ chosen: undefined, shard: { index, count }, workload, warnsForAll }, listed, {
      warn: warn as never,
    })
  }
  return warnings
}

test('warns of a part of the fleet without a server of a model that has some', () => {
  expect(warningsOf([first, second, other], 1)).toEqual([])
  expect(warningsOf([first, second, other], 2)).toEqual([
    expect.stringMatching(
      /^resnet: part [01] of 2 has none of the 1 server and refuses all requests of the model: use fewer processes or shards, or list more servers$/,
    ),
  ])
  const others = { ...other, address: 'd:1' }
  expect(warningsOf([first, second, other, others], 4)).toHaveLength(4)
})

test('warns of each model without a server', () => {
  const refused = 'the router has no server and refuses all requests of the model'
  const cure = 'list servers in the fleet, or take a plan that has some'
  expect(warningsOf([first, second], 1)).toEqual([`resnet: ${refused}: ${cure}`])
  // another process warns
  expect(warningsOf([first, second], 1, false)).toEqual([])
  expect(warningsOf([], 1)).toEqual([`bert: ${refused}: ${cure}`, `resnet: ${refused}: ${cure}`])
})
