import { Server } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { FleetSchedule } from '../../../src/model/fleet/plan.ts'
import { emulatePlan } from '../../../src/serve/emulator/planned.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { call } from '../grpc-js-client.ts'
import { route, tally, until, workload } from '../router/live.ts'

const schedule: FleetSchedule = {
  ...{ types: ['fast', 'slow'], windowS: 60, cyclic: false },
  counts: [
    [1, 0],
    [2, 1],
    [0, 1],
  ],
  ...{ pricePerHour: [1, 1], startDelayS: [30, 0], startFee: [0, 0] },
}

test('servers join and leave as a plan says, behind a router that loses no query', async () => {
  const seen: string[] = []
  let setFleet: ((servers: { address: string; type: string }[]) => void) | undefined
  const emulator = await emulatePlan({
    ...{ workload, schedule, speed: 60, overheadMs: 0, leaveMs: 100 },
    onChange(servers, starting) {
      seen.push(`${servers.map(({ type }) => type).join(' ')} + ${starting}`)
      setFleet?.(servers.map(({ address, type }) => ({ address, type })))
    },
    onError(error) {
      throw error
    },
  })
  onTestFinished(() => emulator.close())
  const fleet = emulator.servers.map(({ address, type }) => ({ address, type }))
  const { router, client } = await route({ fleet })
  setFleet = router.setFleet
  const asked: Promise<unknown>[] = []
  const sending = setInterval(() => {
    asked.push(call(client, scheduler.Serve, { batch: 10, qWait: 0 }, { timeoutMs: 20_000 }))
  }, 10)
  await until(() => seen.length === 4 && router.servers().length === 1)
  clearInterval(sending)
  expect(seen).toEqual(['fast + 0', 'fast + 1', 'fast fast slow + 0', 'slow + 0'])
  expect(await tally(asked)).toEqual({ OK: asked.length })
})

test('rejects a plan with types that the latency table lacks', async () => {
  const unknown = { ...schedule, types: ['fast', 'huge'] }
  await expect(emulatePlan({ workload, schedule: unknown, onError: () => undefined })).rejects.toThrow(/huge/)
})

test('refuses a plan whose slots are null', async () => {
  const asked = { workload, schedule: { ...schedule, slots: null as never }, onError: () => undefined }
  await expect(emulatePlan(asked)).rejects.toThrow(/slots: is null; one number for each type/)
})

test.each([
  ['workload', undefined, 'BAD_MODEL'],
  ['workload', {}, 'BAD_MODEL'],
  ['slots', null, 'BAD_MODEL'],
  ['leaveMs', Number.NaN, 'BAD_USAGE'],
  ['leaveMs', -1, 'BAD_USAGE'],
  ['overheadMs', null, 'BAD_USAGE'],
  ['onError', undefined, 'BAD_USAGE'],
])('refuses %s that is %o before any server starts', async (field, value, code) => {
  const asked = { workload, schedule, overheadMs: 0, onError: () => undefined, [field]: value }
  await expect(emulatePlan(asked as never)).rejects.toMatchObject({ code, place: { field } })
})

test('servers have the slots of the plan, unless others are given', async () => {
  const takenAtFour = { ...workload, latency: { ...workload.latency, concurrency: Float64Array.of(4, 1) } }
  const slotsOf = async (slots?: number | number[]) => {
    const planned = { ...schedule, slots: [4, 1], counts: [[1, 1]] }
    const emulator = await emulatePlan({
      ...{ workload: takenAtFour, schedule: planned, overheadMs: 0, onError: () => undefined },
      slots,
    })
    onTestFinished(() => emulator.close())
    return emulator.servers.map((server) => server.slots)
  }
  expect(await slotsOf()).toEqual([4, 1])
  await expect(slotsOf(1)).rejects.toThrow(/^slots: is 1 for fast, .* taken at concurrency 4/)
  await expect(slotsOf([4])).rejects.toThrow(/slots: has 1 number; one for each of fast, slow/)
})

/** What is thrown outside of all calls from now on. */
function thrownOutside(): unknown[] {
  const thrown: unknown[] = []
  const soon = queueMicrotask
  vi.stubGlobal('queueMicrotask', (work: () => void) =>
    soon(() => {
      try {
        work()
      } catch (error) {
        thrown.push(error)
      }
    }),
  )
  onTestFinished(() => void vi.unstubAllGlobals())
  return thrown
}

test('an onError that throws stops no later change, and leaves no server open', async () => {
  const thrown = thrownOutside()
  let changes = 0
  const emulator = await emulatePlan({
    ...{ workload, schedule, speed: 600, overheadMs: 0, leaveMs: 10 },
    onChange() {
      if (++changes > 1) throw new Error('change')
    },
    onError() {
      throw new Error('handler')
    },
  })
  await until(() => changes === 4)
  await emulator.close()
  expect(thrown.map(String)).toEqual(['Error: handler', 'Error: handler', 'Error: handler'])
})

test('an onError that throws is called once for a server that cannot be started, and the others are told of', async () => {
  const thrown = thrownOutside()
  const errors: unknown[] = []
  const told: number[] = []
  const emulator = await emulatePlan({
    ...{ workload, speed: 3_000, overheadMs: 0, leaveMs: 10 },
    schedule: {
      ...schedule,
      startDelayS: [0, 0],
      counts: [
        [1, 0],
        [0, 1],
      ],
    },
    onChange: (servers) => void told.push(servers.length),
    onError(error) {
      errors.push(error)
      throw new Error('handler')
    },
  })
  onTestFinished(() => emulator.close())
  vi.spyOn(Server.prototype, 'listen').mockImplementation(() => {
    throw new Error('no port')
  })
  onTestFinished(() => void vi.restoreAllMocks())
  await until(() => thrown.length > 0)
  expect(told).toEqual([1, 0])
  expect(errors.map(String)).toEqual(['Error: no port'])
  expect(thrown.map(String)).toEqual(['Error: handler'])
})

test('what onChange has failed to take is told again at the next moment of the plan', async () => {
  const told: number[] = []
  const errors: unknown[] = []
  const emulator = await emulatePlan({
    ...{ workload, speed: 3_000, overheadMs: 0 },
    schedule: {
      ...schedule,
      startDelayS: [0, 0],
      counts: [
        [1, 0],
        [0, 1],
        [0, 1],
      ],
    },
    onChange(servers) {
      told.push(servers.length)
      if (told.length === 2) throw new Error('disk full')
    },
    onError: (error) => errors.push(error),
  })
  onTestFinished(() => emulator.close())
  await until(() => told.length === 3)
  expect(errors.map(String)).toEqual(['Error: disk full'])
})

test('moments of the plan that pass during a change are left out, also at the end', async () => {
  let changes = 0
  let finish = (): void => undefined
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const emulator = await emulatePlan({
    ...{ workload, speed: 60_000, overheadMs: 0 },
    schedule: {
      ...schedule,
      startDelayS: [0, 0],
      cyclic: true,
      counts: [
        [1, 0],
        [0, 1],
      ],
    },
    async onChange() {
      if (++changes > 1) await finished
    },
    onError: () => undefined,
  })
  await until(() => changes === 2)
  // 20 windows
  await new Promise((resolve) => setTimeout(resolve, 20))
  const closed = emulator.close()
  finish()
  await closed
  expect(changes).toBe(2)
})
