/** The packed package, installed: its size, its command, and its API for import, require, bundlers and compilers. */
import { execFile } from 'node:child_process'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { blocksOf, commandsOf, DOCUMENTS, RUN_INSTALLED } from '../docs/documents.ts'
import { expectAsShown } from '../docs/shown.ts'
import { type Installation, install } from './installation.ts'
import { nodeOf } from './node-versions.ts'

const run = promisify(execFile)

const MOST_MEGABYTES = 45

let installed: Installation
beforeAll(async () => {
  installed = await install()
})
afterAll(() => installed.remove())

/** Uses every part that a bundler or a loader can lose: the kernel, data/, threads, and gRPC. */
const PROGRAM = `
async function main({ rankConfigurations, readSpace, readWorkload, allowableThroughput, KairosError }) {
  const workload = await readWorkload('rm2')
  const space = await readSpace('hpdc23')
  const ranking = await rankConfigurations({ workload, space, topN: 1 })
  const types = space.types.map(({ name }) => name)
  const counts = ranking.rows[0].counts
  const measured = await allowableThroughput({
    workload, types, counts, policy: 'fcfs', queries: 500, repeats: 2, threads: 2,
  })
  const error = await readWorkload('nothing').catch((error) => error)
  console.log([...counts].join(), measured.mean > 10, error instanceof KairosError)
}`
const PRINTED = '1,0,13,0 true true\n'

test(`an installation takes at most ${MOST_MEGABYTES} MB, and only gRPC brings many packages`, () => {
  const files = readdirSync(installed.modules, { recursive: true, withFileTypes: true })
  const bytes = files
    .filter((file) => file.isFile())
    .map((file) => statSync(join(file.parentPath, file.name)).size)
  const megabytes = bytes.reduce((sum, size) => sum + size, 0) / 2 ** 20
  expect(megabytes).toBeLessThan(MOST_MEGABYTES)
  expect(files.some(({ name }) => name === 'vega' || name === 'zod')).toBe(false)
})

describe('the command', () => {
  const commandsIn = (document: string) => {
    const all = blocksOf(document)
      .filter(({ language }) => language === 'sh')
      .flatMap(commandsOf)
    return [...new Set(all)]
  }
  test('is on the path by its name', async () => {
    expect((await installed.sh('kairos-wasm --help')).stdout).toMatch(/^Usage: kairos-wasm /)
  })

  test('npx finds the installed one', async () => {
    const { stdout } = await installed.sh('npx --offline kairos-wasm --version')
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  const typed = (command: string) => installed.sh(command.replaceAll(/\bnpx kairos-wasm\b/g, 'kairos-wasm'))
  describe.each(RUN_INSTALLED)('of %s', (document) => {
    beforeAll(() => {
      for (const { file, text } of blocksOf(document)) if (file !== '') installed.write(file, text)
    })
    const commands = commandsIn(document).filter((command) => !/^npm (ci|run|test)\b/.test(command))
    test('are several', () => expect(commands.length).toBeGreaterThan(2))
    test.each(commands)('%s', async (command) => {
      const saved = / > (\S+)$/.exec(command)?.[1]
      const { stdout, stderr } = await typed(saved === undefined ? command : `${command} && cat ${saved}`)
      expect(stdout + stderr).not.toBe('')
      expectAsShown(document, command, stdout, installed.project)
    })
  })

  // the tests of the documents run them in a clone
  const others = DOCUMENTS.filter((name) => name.startsWith('docs/'))
  test.each(others)('%s needs nothing that only a clone has', (document) => {
    const ofClones = /(^|[ =<])(\.config|assembly|bench|build|data|docs|examples|src|test)\/|\bnpm run\b/
    const commands = commandsIn(document).filter((command) => command.includes('kairos-wasm'))
    expect(commands.filter((command) => ofClones.test(command))).toEqual([])
  })

  test('says which Node it needs to an older one', async () => {
    const node = await nodeOf('18')
    const old = typed(`"${node}" node_modules/kairos-wasm/dist/cli/main.js allocate`)
    await expect(old).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^kairos-wasm: needs Node 20\.12 or newer; this is Node 18\.\d+\.\d+\n$/),
    })
  })

  test.each([
    'kairos-wasm allocate --top-n 1',
    'kairos-wasm init own && kairos-wasm allocate -w own/workload.yaml -s own/space.yaml',
    'kairos-wasm allocate --pareto --svg frontier.svg',
  ])('runs with 40 open files: %s', async (command) => {
    expect((await installed.sh(`ulimit -n 40 && ${command}`)).stdout).not.toBe('')
  })
})

describe('import and require', () => {
  const programs = {
    'import.mjs': `import * as api from 'kairos-wasm'\n${PROGRAM}\nawait main(api)`,
    'require.cjs': `const api = require('kairos-wasm')\n${PROGRAM}\nmain(api)`,
  }
  const SERVE = `
    console.log(Object.keys(serve).sort().join(), core.KairosError === api.KairosError)
    serve.startEmulator({}).catch((error) => console.log(error instanceof api.KairosError))`
  beforeAll(() => {
    for (const [file, text] of Object.entries(programs)) installed.write(file, text)
    installed.write(
      'all.mjs',
      `import * as api from 'kairos-wasm'
      import * as core from 'kairos-wasm/core'
      import * as serve from 'kairos-wasm/serve'${SERVE}`,
    )
    installed.write(
      'all.cjs',
      `const api = require('kairos-wasm')
      const core = require('kairos-wasm/core')
      const serve = require('kairos-wasm/serve')${SERVE}`,
    )
  })

  test.each(Object.keys(programs))('%s ranks and measures', async (file) => {
    expect((await installed.sh(`node ${file}`)).stdout).toBe(PRINTED)
  })

  test.each(['all.mjs', 'all.cjs'])('%s: the entries share their classes', async (file) => {
    const names = 'createRouter,distribute,emulatePlan,measureLatency,startEmulator'
    expect((await installed.sh(`node ${file}`)).stdout).toBe(`${names} true\ntrue\n`)
  })

  test.each(['20.12', '22', '24', '26'])('under Node %s', async (version) => {
    const node = await nodeOf(version)
    const command = `"${node}" node_modules/kairos-wasm/dist/cli/main.js`
    for (const line of [
      `"${node}" import.mjs && "${node}" require.cjs`,
      `${command} allocate --top-n 1 --format csv --quiet`,
      `${command} replay --rate 50 --queries 500 --counts 2,0,9,0 --policy fcfs --format json`,
    ]) {
      const { stdout } = await installed.sh(line)
      expect(stdout).not.toBe('')
      if (line.includes('import.mjs')) expect(stdout).toBe(PRINTED.repeat(2))
    }
  })
})

test('no file imports createRequire by its name: a bundle by webpack would find no file of the package', () => {
  const dist = join(installed.modules, 'kairos-wasm/dist')
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  )
  const named = files.filter((name) =>
    /^import \{[^}]*\bcreateRequire\b/m.test(readFileSync(join(dist, name), 'utf8')),
  )
  expect(files.length).toBeGreaterThan(10)
  expect(named).toEqual([])
})

describe('a bundle by esbuild', () => {
  test.each([
    { entry: 'kairos-wasm', format: 'esm' },
    { entry: 'kairos-wasm', format: 'cjs' },
  ] as const)('of $entry as $format runs', async ({ entry, format }) => {
    const outfile = join(installed.project, `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`)
    await build({
      stdin: {
        contents: `import * as api from '${entry}'\n${PROGRAM}\nmain(api)`,
        resolveDir: installed.project,
      },
      bundle: true,
      platform: 'node',
      format,
      outfile,
      logLevel: 'error',
    })
    expect((await run(process.execPath, [outfile], { cwd: installed.project })).stdout).toBe(PRINTED)
  })

  test('away from the installed package says that it needs it', async () => {
    const away = mkdtempSync(join(tmpdir(), 'kairos-away-'))
    onTestFinished(() => rmSync(away, { recursive: true }))
    const outfile = join(away, 'bundle.mjs')
    const contents = `import { readWorkload } from 'kairos-wasm'
      await readWorkload('rm2').catch(({ code, message }) => console.log(code, message))`
    await build({
      stdin: { contents, resolveDir: installed.project },
      ...{ bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' },
    })
    expect((await run(process.execPath, [outfile], { cwd: away })).stdout).toMatch(
      /^NO_FILE .*bundle\.mjs: the package is not installed; install kairos-wasm where the bundle finds it: /,
    )
  })

  test.each(['esm', 'cjs'] as const)(
    'of kairos-wasm/core as %s runs with the bytes of the kernel',
    async (format) => {
      const outfile = join(installed.project, `core.${format === 'esm' ? 'mjs' : 'cjs'}`)
      await build({
        stdin: {
          contents: `import { readFileSync } from 'node:fs'
          import { assign, useKernel } from 'kairos-wasm/core'
          useKernel(readFileSync('node_modules/kairos-wasm/build/kernel.wasm')).then(() => {
            console.log([...assign([2, 1], 1, 2).cols].join())
          })`,
          resolveDir: installed.project,
        },
        bundle: true,
        platform: 'node',
        format,
        outfile,
        logLevel: 'error',
      })
      expect((await run(process.execPath, [outfile], { cwd: installed.project })).stdout).toBe('1\n')
    },
  )
})

test.each(['ES2020', 'ES2023'] as const)(
  'programs in TypeScript compile for %s, as ES module and as CommonJS',
  (target) => {
    const body = `
    const space: Space = { types: [{ name: 'gpu', min: 0, max: 3, pricePerHour: 1, base: true }], budgetPerHour: 3 }
    export const router: Promise<Router> | undefined = undefined
    export async function best(): Promise<number> {
      const { rows } = await rankConfigurations({ workload: await readWorkload('rm2'), space })
      return rows[0].bound
    }
    // @ts-expect-error a number is no path
    readWorkload(5)`
    const programs = ['program.mts', 'program.cts'].map((name) => join(installed.project, name))
    for (const program of programs) {
      const imports = `
      import { rankConfigurations, readWorkload, type Space } from 'kairos-wasm'
      import type { Router } from 'kairos-wasm/serve'`
      writeFileSync(program, imports + body)
    }
    const typeRoots = [realpathSync(new URL('../../node_modules/@types', import.meta.url))]
    const compiled = ts.createProgram(programs, {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget[target],
      strict: true,
      noEmit: true,
      typeRoots,
      types: ['node'],
    })
    const faults = ts.getPreEmitDiagnostics(compiled)
    expect(faults.map(({ file, messageText }) => [file?.fileName, messageText])).toEqual([])
  },
)
