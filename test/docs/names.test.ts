/** What the pages and the comments name exists: paths, functions, types, flags, links. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { completedCommand, everyCommand } from '../../src/cli/completion/words.ts'
import { EVERY } from '../../src/cli/listed-command.ts'
import { programFor } from '../../src/cli/program.ts'
import { DOCUMENTS, proseOf, ROOT, textOf } from './documents.ts'

const TREES = ['src', 'assembly', 'bench', 'test', 'docs', 'data', '.config', '.ci', 'examples', 'web']

function filesBelow(folder: string, pattern: RegExp): string[] {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
}

const sources = ['src', 'assembly', 'bench', '.config'].flatMap((folder) => filesBelow(folder, /\.(ts|mjs)$/))
const code = sources.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n')
const words = new Set(code.match(/[A-Za-z_$][\w$]*/g))

/** A function, method or property of that name is declared somewhere. */
function isDeclared(name: string): boolean {
  return new RegExp(
    `\\b(function|const|class|let) ${name}\\b|^ +(readonly |async |get )*${name}[(<?:]`,
    'm',
  ).test(code)
}

const tops = readdirSync(ROOT)
const basenames = new Set(
  [...sources, ...filesBelow('test', /./), ...filesBelow('data', /./), ...filesBelow('examples', /./)].map(
    (file) => file.split('/').at(-1),
  ),
)

/** Inline code of a page that begins with a folder of the project, or is named like one of its files. */
function pathsOf(codes: readonly string[]): string[] {
  return codes.filter((text) =>
    text.includes('/') ? TREES.includes(text.split('/')[0]) : /^[\w.-]+\.(ts|mjs|proto)$/.test(text),
  )
}

/** Folders that a command of the project writes. */
const GENERATED = ['docs/reference']

function exists(path: string): boolean {
  if (GENERATED.includes(path)) return true
  if (!path.includes('/')) return basenames.has(path) || tops.includes(path)
  const [before, after] = path.split(/\/[^/]*[*<][^/]*/)
  return existsSync(join(ROOT, before)) && after !== undefined ? true : existsSync(join(ROOT, path))
}

const inlineCodes = (document: string) =>
  [...proseOf(document).matchAll(/`([^`\n]+)`/g)].map((match) => match[1])

describe.each(DOCUMENTS)('%s', (document) => {
  const codes = inlineCodes(document)

  test('every path in backticks exists', () => {
    expect(pathsOf(codes).filter((path) => !exists(path))).toEqual([])
  })

  test('every function in backticks is declared', () => {
    const names = codes.flatMap((text) => /^(?:[\w$]+\.)?([A-Za-z_$][\w$]*)\([^)]*\)$/.exec(text)?.[1] ?? [])
    expect(names.filter((name) => !isDeclared(name))).toEqual([])
  })

  test('every name in mixed case in backticks is a word of the code', () => {
    const names = codes.filter((text) => /^[A-Za-z]*[a-z][A-Z]\w*$/.test(text))
    expect(names.filter((name) => !words.has(name))).toEqual([])
  })

  test('every constant in backticks is a word of the code', () => {
    const names = codes.filter((text) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(text))
    expect(names.filter((name) => !words.has(name))).toEqual([])
  })

  test('every name that is said to be in a file is in it', () => {
    const said = proseOf(document).matchAll(
      /`(\w+)(?:\(\))?`\s+(?:in\s+|\()`((?:src|assembly)\/[\w/.-]+\.ts)`/g,
    )
    const missing = [...said].filter(([, name, file]) => !new RegExp(`\\b${name}\\b`).test(textOf(file)))
    expect(missing.map(([text]) => text)).toEqual([])
  })

  test('every metric in backticks is one of the router', () => {
    // the code adds kairos_, _total to counters and _seconds to histograms of times
    const metrics = codes.flatMap((text) => /^kairos_([a-z_]+?)(_total|_seconds)?$/.exec(text)?.[1] ?? [])
    const isInCode = (name: string) => code.includes(`'${name}'`) || code.includes(`'${name}_seconds'`)
    expect(metrics.filter((name) => !isInCode(name))).toEqual([])
  })

  test('every link leads to a file, and to a heading in it', () => {
    const broken = [...proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1])
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [path, anchor] = target.split('#')
        const file = path === '' ? document : join(dirname(document), path)
        if (!existsSync(join(ROOT, file))) return true
        return anchor !== undefined && !anchorsOf(file).includes(anchor)
      })
    expect(broken).toEqual([])
  })

  test('every flag in backticks is in the help of a command', async () => {
    const known = await knownFlags()
    const flags = codes.flatMap((text) => text.match(/(?<!\S)--[a-z][a-z-]*/g) ?? [])
    expect(flags.filter((flag) => !known.has(flag))).toEqual([])
  })
})

test('every room and every folder of kernels stands in docs/architecture.md', () => {
  const folders = (parent: string) =>
    readdirSync(join(ROOT, parent), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const codes = inlineCodes('docs/architecture.md')
  const missing = [
    ...folders('src').map(({ name }) => name),
    ...folders('assembly').map(({ name }) => `assembly/${name}`),
  ].filter((name) => !codes.includes(name))
  expect(missing).toEqual([])
})

test('the table of parts in docs/router.md lists every file of the router, below its folder', () => {
  const listed: string[] = []
  let folder = ''
  for (const [, cell] of textOf('docs/router.md').matchAll(/^\| (.+?) +\|/gm)) {
    folder = /^\*\*`(\w+\/)`\*\*$/.exec(cell)?.[1] ?? folder
    for (const [, file] of cell.matchAll(/`([\w-]+\.ts)`/g)) listed.push(folder + file)
  }
  const parent = 'src/serve/router'
  expect(listed.sort()).toEqual(
    filesBelow(parent, /\.ts$/)
      .map((file) => relative(parent, file))
      .sort(),
  )
})

test('CONTRIBUTING has a recipe for each kind of extension, and each names files', () => {
  const recipes = textOf('CONTRIBUTING.md')
    .split(/^### /m)
    .slice(1)
    .map((text) => ({
      title: text.split('\n')[0],
      paths: [...text.matchAll(/`((?:src|assembly)\/[^`]+)`/g)].length,
    }))
  for (const kind of ['a policy', 'a trace format', 'a bound', 'a protocol', 'an error']) {
    expect(recipes.find(({ title }) => title === `Add ${kind}`)?.paths, kind).toBeGreaterThan(0)
  }
})

test('the README links to every page, and the page of examples to each of them', () => {
  const isExample = (page: string) => /^examples\/.+\/README\.md$/.test(page)
  const pages = DOCUMENTS.filter((document) => document !== 'README.md' && !isExample(document))
  expect(pages.filter((page) => !textOf('README.md').includes(`](${page})`))).toEqual([])
  const examples = DOCUMENTS.filter(isExample).map((page) => page.replace('examples/', ''))
  expect(examples).toHaveLength(6)
  expect(examples.filter((page) => !textOf('examples/README.md').includes(`](${page})`))).toEqual([])
})

test('no page runs a command by a name that npx would take from another package', () => {
  const others = DOCUMENTS.flatMap((document) =>
    [...textOf(document).matchAll(/\bnpx (?:-\S+ )*([\w@/.-]+)/g)]
      .map(([, name]) => name)
      .filter((name) => !['kairos-wasm', 'tsc', 'vitest', 'biome'].includes(name))
      .map((name) => `${document}: npx ${name}`),
  )
  expect(others).toEqual([])
})

describe('comments', () => {
  test('every path of the project in a comment exists', () => {
    const missing = sources.flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8')
      const comments = text.match(/\/\*[\s\S]*?\*\/|\/\/.*/g) ?? []
      const pattern = new RegExp(
        `(?<![\\w./-])(?:${TREES.join('|')})/[\\w./-]+\\.(?:ts|mjs|md|json|csv|proto)\\b`,
        'g',
      )
      const paths = comments.flatMap((comment) => comment.match(pattern) ?? [])
      return paths
        .filter((path) => !path.includes('NAME') && !existsSync(join(ROOT, path)))
        .map((path) => `${file}: ${path}`)
    })
    expect(missing).toEqual([])
  })

  test('every section of a page that a comment names is a heading of it', () => {
    const missing = sources.flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\n \* |\n\/\/ /g, ' ')
      return [...text.matchAll(/(docs\/[\w-]+\.md), "([^"]+)"/g)]
        .filter(([, page, heading]) => !new RegExp(`^#+ ${heading}$`, 'm').test(textOf(page)))
        .map(([reference]) => `${file}: ${reference}`)
    })
    expect(missing).toEqual([])
  })

  test('no comment refers to a document outside the repository', () => {
    const outside = sources.filter((file) => {
      return /\bdesign, |\(design\b|design\.md|shared\//.test(readFileSync(join(ROOT, file), 'utf8'))
    })
    expect(outside).toEqual([])
  })
})

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(document: string): string[] {
  return [...textOf(document).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

let flags: Set<string> | undefined
/** Every flag of every command, and of the benches. */
async function knownFlags(): Promise<Set<string>> {
  if (flags) return flags
  const commands = everyCommand(completedCommand(await programFor(EVERY)))
  const loader = ['--import', './.config/typescript.mjs']
  const helps = ['bench/main.ts', 'bench/reproduce.ts'].map((file) =>
    execFileSync(process.execPath, [...loader, file, '--help'], { cwd: ROOT, encoding: 'utf8' }),
  )
  flags = new Set([
    ...commands.flatMap((command) => command.flags.flatMap(({ names }) => names)),
    ...helps.flatMap((text) => text.match(/--[a-z][a-z-]*/g) ?? []),
  ])
  return flags
}

// the path of a URL has %20 for a space, and on Windows a slash before the drive
test('paths beside a module are those of fileURLToPath', () => {
  const modules = ['src', 'bench', 'test', 'examples', '.config'].flatMap((folder) =>
    filesBelow(folder, /\.(ts|mjs|js)$/),
  )
  const odd = modules.filter((file) =>
    /import\.meta\.url\)+\.pathname/.test(readFileSync(join(ROOT, file), 'utf8')),
  )
  expect(odd).toEqual([])
})
