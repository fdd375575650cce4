// Writes src/kernel/wasm/layouts/NAME.ts from the classes of assembly/layout/NAME.ts, so that each offset of a block
// that the host shares with the kernels is stated once: `node .config/generate-layouts.mjs`. The files are not under
// version control: every build writes them.
//
// A class of a layout file is exported, `@unmanaged`, and has fields and no other members. A field is a number
// of the types below, or an address, with its type: another class of a layout file, or a Vector. Generic
// classes are no blocks and are passed over.
// The host's view of a class is written where the comment of the class contains the tag `@host`.
// AssemblyScript places fields in order of declaration, each at the next multiple of its size; a test compares
// the offsets with those of the compiler.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const sources = new URL('../assembly/layout/', import.meta.url)
const targets = new URL('../src/kernel/wasm/layouts/', import.meta.url)

/** Per type of a field its bytes, and the method of a DataView that writes it. */
const TYPES = {
  u8: { bytes: 1, setter: 'setUint8' },
  i32: { bytes: 4, setter: 'setInt32' },
  u32: { bytes: 4, setter: 'setUint32' },
  usize: { bytes: 4, setter: 'setUint32' },
  f32: { bytes: 4, setter: 'setFloat32' },
  i64: { bytes: 8, setter: 'setBigInt64' },
  f64: { bytes: 8, setter: 'setFloat64' },
}

/** The classes of every layout file: `{ room, classes: [{ name, comment, host, size, fields }] }`. */
export function readLayouts() {
  const rooms = readdirSync(sources).filter((file) => file.endsWith('.ts'))
  return rooms.sort().map((file) => {
    const text = readFileSync(new URL(file, sources), 'utf8')
    return { room: file.slice(0, -3), classes: parseClasses(file, text) }
  })
}

/** The classes of the text of one layout file. */
export function parseClasses(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const declarations = source.statements.filter(ts.isClassDeclaration)
  const classes = new Set([...declarations.map(({ name }) => name.text), ...importedNames(source)])
  const blocks = declarations.filter((declaration) => !declaration.typeParameters)
  return blocks.map((declaration) => {
    const name = declaration.name.text
    const place = `assembly/layout/${file}, class ${name}`
    const modifiers = declaration.modifiers?.map((modifier) => modifier.getText()) ?? []
    if (!modifiers.includes('@unmanaged') || !modifiers.includes('export')) {
      throw new Error(`${place}: a class of a layout file is exported and @unmanaged.`)
    }
    if (declaration.heritageClauses) throw new Error(`${place}: a class of a layout file extends nothing.`)
    const comment = commentOf(declaration)
    let size = 0
    const fields = declaration.members.map((member) => {
      if (!ts.isPropertyDeclaration(member) || member.initializer || member.modifiers) {
        throw new Error(`${place}: "${member.getText()}" is not a plain field.`)
      }
      const written = member.type?.getText() ?? 'no type'
      const type = classes.has(written.replace(/<\w+>$/, '')) ? 'usize' : written
      const bytes = TYPES[type]?.bytes
      if (!bytes) {
        throw new Error(`${place}: ${member.name.text} has ${type}, not ${Object.keys(TYPES).join(', ')}.`)
      }
      const offset = Math.ceil(size / bytes) * bytes
      size = offset + bytes
      return { name: member.name.text, type, offset, comment: commentOf(member) }
    })
    return { name, comment: comment.replace(/\s*@host\b/, ''), host: /@host\b/.test(comment), size, fields }
  })
}

function importedNames(source) {
  const imports = source.statements.filter(ts.isImportDeclaration)
  return imports.flatMap(({ importClause }) =>
    importClause?.namedBindings?.elements.map(({ name }) => name.text),
  )
}

/** The text of the doc comment of a node, without its marks. */
function commentOf(node) {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  const lines =
    doc
      ?.getText()
      .replace(/^\/\*\*|\*\/$/g, '')
      .split('\n') ?? []
  return lines
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .join('\n')
    .trim()
}

/** The host's view of a room, or nothing if the host shares none of its blocks. */
export function renderRoom({ room, classes }) {
  const shared = classes.filter((one) => one.host)
  if (shared.length === 0) return ''
  const head = [
    `// Written by .config/generate-layouts.mjs from assembly/layout/${room}.ts. Do not edit: \`npm run build\``,
    '// writes it again.',
    "import type { Layout } from '../layout.ts'",
  ]
  return `${[head.join('\n'), ...shared.map(renderClass)].join('\n\n')}\n`
}

function renderClass({ name, comment, size, fields }) {
  const typeOfValue = (type) => (type === 'i64' ? 'bigint' : 'number')
  return [
    ...docOf(comment, ''),
    `export interface ${name} {`,
    ...fields.flatMap((field) => [
      ...docOf(field.comment, '  '),
      `  readonly ${field.name}: ${typeOfValue(field.type)}`,
    ]),
    '}',
    '',
    `export const ${name}: Layout<${name}> = {`,
    `  size: ${size},`,
    '  fields: {',
    ...fields.map((field) => `    ${field.name}: { type: '${field.type}', offset: ${field.offset} },`),
    '  },',
    '  write(view, address, values) {',
    ...fields.map(({ name: field, type, offset }) => {
      const at = offset === 0 ? 'address' : `address + ${offset}`
      return `    view.${TYPES[type].setter}(${at}, values.${field}${type === 'u8' ? '' : ', true'})`
    }),
    '  },',
    '}',
  ].join('\n')
}

function docOf(comment, indent) {
  if (!comment) return []
  const lines = comment.split('\n')
  if (lines.length === 1) return [`${indent}/** ${comment} */`]
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`]
}

/** Writes the host's views. A file that is right stays, because another process may be reading it. */
export function writeLayouts(folder) {
  mkdirSync(folder, { recursive: true })
  const texts = new Map(readLayouts().map((layouts) => [`${layouts.room}.ts`, renderRoom(layouts)]))
  for (const file of readdirSync(folder)) if (!texts.get(file)) rmSync(new URL(file, folder))
  for (const [file, text] of texts) {
    const target = new URL(file, folder)
    if (!text || (existsSync(target) && readFileSync(target, 'utf8') === text)) continue
    writeFileSync(target, text)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeLayouts(targets)
