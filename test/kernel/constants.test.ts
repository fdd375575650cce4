import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

// Random input rarely tells 0.3 from 0.29: constants that both kernels state are compared as text.

const root = new URL('../../', import.meta.url)

/** The values of the constants in capitals of some folders and files, in order and without underscores, by name. */
function constantsOf(...paths: string[]): Map<string, string[]> {
  const constants = new Map<string, string[]>()
  for (const file of paths.flatMap(filesOf)) {
    const text = readFileSync(new URL(file, root), 'utf8')
    for (const [, name, value] of text.matchAll(/^(?:export )?const ([A-Z][A-Z_]+)(?:: \w+)? = (.+)$/gm)) {
      constants.set(name, [...(constants.get(name) ?? []), value.replaceAll('_', '')].sort())
    }
  }
  return constants
}

function filesOf(path: string): string[] {
  if (path.endsWith('.ts')) return [path]
  const files = readdirSync(new URL(path, root), { recursive: true, encoding: 'utf8' })
  return files.filter((file) => file.endsWith('.ts')).map((file) => `${path}/${file}`)
}

const inKernel = constantsOf('assembly/dispatch', 'assembly/layout')
const inFallback = constantsOf(
  ...['batches', 'flow', 'rules'].map((folder) => `src/kernel/fallback/${folder}`),
  ...['gaps', 'slowdown'].map((file) => `src/kernel/fallback/${file}.ts`),
)
const inHost = constantsOf('src/kernel/rules.ts', 'src/model/checks.ts', 'src/model/workload/batching.ts')

test('the fallback has constants', () => {
  expect(inFallback.size).toBeGreaterThan(10)
})

test.each([...inFallback])('%s of the fallback is %j in the kernel', (name, values) => {
  expect(inKernel.get(name)).toEqual(values)
})

test.each(['MAX_BATCH_QUERIES', 'MAX_TYPES', 'MAX_UNITS'])('%s is the same for the host', (name) => {
  expect(inHost.get(name)).toHaveLength(1)
  expect(inHost.get(name)).toEqual(inKernel.get(name))
})
