import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import asc from 'assemblyscript/asc'
import { expect, onTestFinished, test } from 'vitest'
import { parseClasses, readLayouts, renderRoom, writeLayouts } from '../../.config/generate-layouts.mjs'
import { createArena, readField, reserveBlock, writeBlock } from '../../src/kernel/wasm/arena.ts'
import type { Layout } from '../../src/kernel/wasm/layout.ts'

const root = new URL('../../', import.meta.url)
const hostFolder = new URL('src/kernel/wasm/layouts/', root)
const rooms = readLayouts()

/** Every field with the functions that the compiled program has for it. */
const fields = rooms.flatMap(({ room, classes }) =>
  classes.flatMap(({ name, fields }) =>
    fields.map((field) => ({ room, name, field, export: `${name}_${field.name}` })),
  ),
)

/** A program that tells the offsets of the compiler, and reads each field as a kernel does. */
const program = [
  ...rooms
    .filter(({ classes }) => classes.length > 0)
    .map(
      ({ room, classes }) =>
        `import { ${classes.map(({ name }) => name)} } from '../assembly/layout/${room}'`,
    ),
  ...rooms.flatMap(({ classes }) =>
    classes.map(({ name }) => `export function ${name}_size(): usize { return offsetof<${name}>() }`),
  ),
  ...fields.flatMap(({ name, field, export: key }) => [
    `export function ${key}_offset(): usize { return offsetof<${name}>('${field.name}') }`,
    `export function ${key}_get(at: usize): ${field.type} {
      return changetype<${field.type}>(changetype<${name}>(at).${field.name})
    }`,
  ]),
].join('\n')

const compiled = await compile(program)

test('offsets and sizes are those of the compiler', () => {
  const ours = fields.map(({ export: key, field }) => [key, field.offset])
  expect(ours).toEqual(fields.map(({ export: key }) => [key, compiled.call(`${key}_offset`)]))
  for (const { name, size } of rooms.flatMap(({ classes }) => classes)) {
    expect([name, size]).toEqual([name, compiled.call(`${name}_size`)])
  }
})

test('the host view of every room is current', () => {
  const files = new Map(
    readdirSync(hostFolder).map((file) => [file, readFileSync(new URL(file, hostFolder), 'utf8')]),
  )
  const wanted = rooms.map((room) => [`${room.room}.ts`, renderRoom(room)] as const)
  expect(files).toEqual(new Map(wanted.filter(([, text]) => text !== '')))
})

test('a build writes what is missing or differs, removes other files, and leaves the rest', () => {
  const folder = pathToFileURL(`${mkdtempSync(join(tmpdir(), 'kairos-layouts-'))}/`)
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeLayouts(folder)
  const at = (file: string) => new URL(file, folder)
  const text = readFileSync(at('rank.ts'), 'utf8')
  writeFileSync(at('rank.ts'), '')
  writeFileSync(at('other.ts'), '')
  rmSync(at('plan.ts'))
  utimesSync(at('replay.ts'), 1, 1)
  writeLayouts(folder)
  expect(readFileSync(at('rank.ts'), 'utf8')).toBe(text)
  expect(readdirSync(folder)).toEqual(readdirSync(hostFolder))
  expect(statSync(at('replay.ts')).mtimeMs).toBe(1000)
})

const shared = rooms.flatMap(({ room, classes }) =>
  classes.filter(({ host }) => host).map(({ name, fields }) => ({ room, name, fields })),
)

test.each(shared)('a kernel reads what the host writes to $name, and the host reads it back', async (one) => {
  const file = await import(new URL(`${one.room}.ts`, hostFolder).href)
  const layout: Layout<Record<string, number | bigint>> = file[one.name]
  const arena = createArena(compiled.memory)
  const values = Object.fromEntries(
    one.fields.map(({ name, type }, i) => [name, type === 'i64' ? BigInt(3 + i) : 3 + i]),
  )
  const before = reserveBlock(arena, layout)
  const address = writeBlock(arena, layout, values)
  expect(address).toBeGreaterThanOrEqual(before + layout.size)
  for (const { name } of one.fields) {
    expect([name, compiled.call(`${one.name}_${name}_get`, address)]).toEqual([name, values[name]])
    expect([name, readField(arena, layout, address, name)]).toEqual([name, values[name]])
  }
})

test('refuses what is not a plain field of an unmanaged class', () => {
  const parse = (text: string) => () => parseClasses('example.ts', text)
  expect(parse('export class A {\n  a: i32\n}')).toThrow('class A: a class of a layout file is exported and')
  expect(parse('@unmanaged export class A { a: string }')).toThrow('a has string, not u8, i32')
  expect(parse('@unmanaged export class A { a: i32 = 1 }')).toThrow('"a: i32 = 1" is not a plain field')
  expect(parse('@unmanaged export class A { go(): void {} }')).toThrow('is not a plain field')
  expect(parse('@unmanaged export class A extends B { a: i32 }')).toThrow('extends nothing')
})

test('takes a class or a vector as an address', () => {
  const text = `import { Vector } from './vector'
    @unmanaged export class A { a: f64; b: Vector<f64>; c: A }
    @unmanaged export class Generic<T> { get(): T {} }`
  const classes = parseClasses('example.ts', text)
  expect(classes.map(({ name }) => name)).toEqual(['A'])
  expect(classes[0].fields.map(({ type, offset }) => [type, offset])).toEqual([
    ['f64', 0],
    ['usize', 8],
    ['usize', 12],
  ])
})

test('aligns each field to its own size', () => {
  const text = '@unmanaged export class A { a: u8; b: i32; c: u8; d: f64; e: i32 }'
  const [{ size, fields }] = parseClasses('example.ts', text)
  expect(fields.map(({ offset }) => offset)).toEqual([0, 4, 8, 16, 24])
  expect(size).toBe(28)
})

test('no load or store of a field has a literal offset', () => {
  const literal = /load<\w+>\([^,]+, \d{2,}\)|store<\w+>\([^,]+, .+, \d{2,}\)/
  const kernels = readdirSync(new URL('assembly/', root), { recursive: true, encoding: 'utf8' })
  const found = kernels
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      readFileSync(new URL(`assembly/${file}`, root), 'utf8')
        .split('\n')
        .map((line, i) => `assembly/${file}:${i + 1}: ${line.trim()}`),
    )
    .filter((line) => literal.test(line))
  expect(found).toEqual([])
})

async function compile(text: string) {
  let binary: Uint8Array | undefined
  const { error, stderr } = await asc.main(
    [
      'test/layouts-program.ts',
      '--config',
      'none',
      '--runtime',
      'stub',
      '--use',
      'abort=',
      '--outFile',
      'out.wasm',
    ],
    {
      readFile(name: string) {
        if (name === 'test/layouts-program.ts') return text
        if (!/^(assembly|test)[/]/.test(name)) return null
        try {
          return readFileSync(new URL(name, root), 'utf8')
        } catch {
          return null
        }
      },
      writeFile(_name: string, contents: string | Uint8Array) {
        if (typeof contents !== 'string') binary = contents
      },
      listFiles: () => [],
    },
  )
  if (error || !binary) throw new Error(`the program of layouts did not compile:\n${stderr}`)
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary))
  return {
    memory: exports.memory as WebAssembly.Memory,
    call: (name: string, ...values: number[]) =>
      (exports[name] as (...values: number[]) => number | bigint)(...values),
  }
}
