import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createContext, Script } from 'node:vm'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import * as api from '../src/index.ts'

const built = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url))

describe('kairos-wasm/core', () => {
  let bundle: string
  let modules: string[]

  beforeAll(async () => {
    const result = await build({
      entryPoints: [built('src/core.ts')],
      bundle: true,
      platform: 'browser',
      format: 'iife',
      globalName: 'kairos',
      write: false,
      metafile: true,
      logLevel: 'silent',
    })
    expect(result.warnings).toEqual([])
    expect(result.outputFiles).toHaveLength(1)
    bundle = result.outputFiles[0].text
    modules = Object.keys(result.metafile.inputs)
  })

  it('is bundled for a browser to one file that imports nothing', () => {
    expect(bundle).not.toMatch(/\brequire\(|\bimport\(/)
    expect(modules.some((path) => path.endsWith('kernel/wasm/kernel.ts'))).toBe(true)
    const needless = /src\/(files|report|workers|serve|cli)\/|javascript-lp-solver|grpc|vega|piscina|zod/
    expect(modules.filter((path) => needless.test(path))).toEqual([])
  })

  it('ranks, replays and dispatches in a context that has only what browsers have', async () => {
    // no require, process, Buffer or setImmediate
    const timers = { setTimeout, clearTimeout, performance, MessageChannel }
    const context = createContext({ ...timers, TextEncoder, AbortController, AbortSignal })
    new Script(bundle).runInContext(context)
    const run = (code: string) => new Script(code).runInContext(context)
    Object.assign(context, { bytes: await readFile(built('build/kernel.wasm')), question: await question() })
    await expect(run(QUESTIONS)).rejects.toThrow(/call useKernel/)
    await run('kairos.useKernel(Uint8Array.from(bytes))')
    const answers = JSON.parse(await run(QUESTIONS))
    expect(answers).toEqual(JSON.parse(await new Script(QUESTIONS).runInContext(outer(await question()))))
    expect(answers.ranking.rows[0].bound).toBeGreaterThan(100)
  })

  it('is part of kairos-wasm, which adds files and threads', async () => {
    const core = await import('../src/core.ts')
    expect(Object.keys(api)).toEqual(expect.arrayContaining(Object.keys(core)))
  })
})

/** A workload and a space as JSON, which a page would fetch. */
async function question(): Promise<string> {
  const workload = await api.readWorkload('rm2')
  const space = await api.readSpace('hpdc23')
  return JSON.stringify({ workload, space }, (_, value) =>
    ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value,
  )
}

/** The same API as it runs in Node. */
function outer(json: string) {
  return createContext({ kairos: api, question: json, Float64Array, Int32Array })
}

const QUESTIONS = `(async () => {
  const { workload, space } = JSON.parse(question)
  const { latency, mix } = workload
  for (const table of [latency, mix])
    for (const [name, values] of Object.entries(table))
      if (typeof values[0] === 'number') table[name] = Float64Array.from(values)
  const ranking = await kairos.rankConfigurations({ workload, space, topN: 5 })
  const search = await kairos.searchConfigurations({ workload, space, queries: 500, repeats: 2 })
  const trace = kairos.generateTrace({ arrivals: 'poisson', rate: 90, queries: 500, seed: 1, mix })
  const fleet = { types: space.types.map(({ name }) => name), counts: ranking.rows[0].counts }
  const replay = kairos.replay({ workload, ...fleet, trace, policy: 'priced' })
  const dispatcher = kairos.createDispatcher({ workload, ...fleet, policy: 'kairos' })
  dispatcher.arrive(1, 11, 0)
  const { p99 } = kairos.metricsOf(replay).latencyMs
  return JSON.stringify({ ranking, search, p99, starts: dispatcher.decide(0) })
})()`
