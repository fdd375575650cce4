import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { call, connect } from '../../serve/grpc-js-client.ts'
import { background } from '../background.ts'
import { temporaryFolder } from '../kairos.ts'

const json = (folder: string, name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'))

test('servers by counts, their addresses in the published file, an end by Ctrl-C', async () => {
  const folder = temporaryFolder()
  const emulator = background(['emulate', '--counts', '1,0,2,0', '--out', 'fleet'], folder)
  await emulator.says(/saved fleet\/config.json, fleet\/fleet.json, fleet\/service_addr.json; Ctrl-C/)
  const out = join(folder, 'fleet')
  expect(readdirSync(out).sort()).toEqual(['config.json', 'fleet.json', 'service_addr.json'])
  const addresses: string[] = json(out, 'service_addr.json')
  expect(addresses).toHaveLength(3)
  expect(json(out, 'config.json')).toEqual({
    'g4dn.xlarge': 1,
    'c5n.2xlarge': 0,
    'r5n.large': 2,
    't3.xlarge': 0,
  })
  expect(json(out, 'fleet.json').servers[2]).toEqual({
    address: addresses[2],
    type: 'r5n.large',
    model: 'rm2',
  })
  expect(emulator.stdout.trim().split('\n')[1].trim().split(/ +/)).toEqual(['1', 'r5n.large', addresses[1]])
  const client = connect(addresses[2])
  expect(await call(client, scheduler.Serve, { batch: 15, qWait: 2 })).toMatchObject({ idx: 2, qWait: 2 })
  client.close()
  expect(await emulator.end('SIGINT')).toBe(0)
})

test('the slots of a space are those of its servers', async () => {
  const folder = temporaryFolder()
  const types = ['g4dn.xlarge', 'r5n.large'].map((name) => `  - { name: ${name}, max: 4, pricePerHour: 1`)
  writeFileSync(
    join(folder, 'space.yaml'),
    `budgetPerHour: 9\ntypes:\n${types[0]}, slots: 3 }\n${types[1]} }\n`,
  )
  const args = ['emulate', '--model', 'dien', '--space', 'space.yaml', '--counts', '1,1', '--out', 'fleet']
  const emulator = background(args, folder)
  await emulator.says(/Ctrl-C/)
  const { servers } = json(join(folder, 'fleet'), 'fleet.json')
  expect(servers.map(({ slots }: { slots?: number }) => slots)).toEqual([3, undefined])
  expect(await emulator.end('SIGINT')).toBe(0)
})

test('a published config.json names its types itself; without --out only the addresses are written', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'published.json'), '{ "t3.xlarge": 1, "g4dn.xlarge": 1 }')
  const args = ['emulate', '--counts', 'published.json', '--model', 'dien', '--format', 'json', '--quiet']
  const emulator = background(args, folder)
  await emulator.says(/\]\n}\n$/)
  expect(readdirSync(folder).sort()).toEqual(['published.json', 'service_addr.json'])
  const { servers } = JSON.parse(emulator.stdout)
  expect(servers.map(({ type }: { type: string }) => type)).toEqual(['t3.xlarge', 'g4dn.xlarge'])
  expect(servers.map(({ address }: { address: string }) => address)).toEqual(
    json(folder, 'service_addr.json'),
  )
  expect(await emulator.end('SIGTERM')).toBe(0)
  expect(emulator.stderr).toBe('')
})

describe('under a plan', () => {
  function savedPlan() {
    const folder = temporaryFolder()
    const plan = {
      ...{ types: ['g4dn.xlarge', 'r5n.large'], windowS: 60, cyclic: true },
      ...{ pricePerHour: [0.526, 0.149], startDelayS: [30, 0], startFee: [0, 0] },
      windows: [{ counts: [1, 0] }, { counts: [2, 1] }],
    }
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan))
    return folder
  }

  test('servers join and leave, fleet.json says which there are, and a router follows it', async () => {
    const folder = savedPlan()
    const args = ['emulate', '--plan', 'plan.json', '--plan-speed', '60', '--out', 'run']
    const emulator = background(args, folder)
    await emulator.says(/the plan is followed/)
    const ports = ['--port', '0', '--admin-port', '0', '--health-interval-ms', '100']
    const router = background(['route', '--fleet', 'run/fleet.json', ...ports], folder)
    await emulator.says(/1 server of rm2, 1 starting\n[\s\S]*3 servers of rm2\n[\s\S]*1 server of rm2\n/)
    expect(json(folder, 'run/fleet.json').servers[0].type).toBe('g4dn.xlarge')
    await router.says(
      /"servers":3,"msg":"the fleet has been read"[\s\S]*"servers":1,"msg":"the fleet has been read"/,
    )
    expect(await router.end('SIGINT')).toBe(0)
    expect(await emulator.end('SIGINT')).toBe(0)
  })

  test('a router gives requests to as many servers of its fleet as the plan has', async () => {
    const folder = savedPlan()
    const emulator = background(['emulate', '--counts', '2,0,2,0', '--out', 'run'], folder)
    await emulator.says(/Ctrl-C/)
    const ports = ['--port', '0', '--admin-port', '0', '--health-interval-ms', '100']
    const plan = ['--plan', 'plan.json', '--plan-speed', '60']
    const router = background(['route', '--fleet', 'run/fleet.json', ...plan, ...ports], folder)
    await router.says(
      /"servers":3,"msg":"the fleet follows the plan"[\s\S]*"servers":1,"msg":"the fleet follows the plan"/,
    )
    expect(await router.end('SIGINT')).toBe(0)
  })
})
