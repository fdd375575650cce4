import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('kairos-wasm/serve documents each function as its module does', () => {
  const entry = readFileSync('src/serve.ts', 'utf8')
  const modules = [...entry.matchAll(/import\('\.\/(.+)'\)\n {2}return module\.(\w+)\(/g)]
  expect(modules).toHaveLength(entry.match(/^export async function/gm)!.length)
  for (const [, module, name] of modules) {
    const own = readFileSync(`src/${module}`, 'utf8')
    expect(commentOf(own, name), name).toBe(commentOf(entry, name))
  }
})

/** The words of the doc comment of a function, wherever its lines end. */
function commentOf(source: string, name: string): string {
  const before = source.slice(0, source.indexOf(`export async function ${name}(`))
  return before.slice(before.lastIndexOf('/**')).replace(/\s+\*?\s*/g, ' ')
}
