import type { Document, LineCounter, Range } from 'yaml'
import { KairosError, type Place } from '../../model/errors.ts'
import { DEEPEST, type Fault, faultOfKey, TOO_DEEP } from './faults.ts'

/** The keys and indices that lead to a value. */
export type Path = readonly PropertyKey[]

/** The nodes of a YAML text, which know their positions. JSON is YAML. */
export interface YamlTree {
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

/** Makes an error of a fault at a position. */
type Refusal = (fault: Fault, position: number | undefined) => KairosError

/** The document itself and the scalar that is being read stand on the parser's stack too. */
const DEEPEST_STACK = DEEPEST + 2

/** Each alias makes the parser search the document for its anchor. */
const MOST_ALIASES = 1000

/**
 * Parses a YAML text into nodes.
 *
 * @throws KairosError BAD_FILE with the line where the text is not YAML, or not fit for a document
 */
export async function parseYaml(file: string, text: string): Promise<YamlTree> {
  const { Composer, LineCounter, Lexer, Parser } = await import('yaml')
  const lines = new LineCounter()
  const refusal: Refusal = ({ field, problem, cure }, position = 0) => {
    const { line } = lines.linePos(position)
    return new KairosError('BAD_FILE', problem, { file, line, ...(field !== undefined && { field }) }, cure)
  }
  function* tokens() {
    lines.addNewLine(0)
    const parser = new Parser(lines.addNewLine)
    for (const lexeme of new Lexer().lex(withLineFeeds(text))) {
      yield* parser.next(lexeme)
      if (parser.stack.length > DEEPEST_STACK) throw refusal(TOO_DEEP, parser.offset)
    }
    yield* parser.end()
  }
  // the parser's own check of keys compares each with each
  const composer = new Composer({ uniqueKeys: false })
  const [document, second] = composer.compose(tokens(), true, text.length)
  const [error] = document.errors
  if (error) throw refusal({ problem: `is not YAML: ${error.message}`, cure: 'correct it' }, error.pos[0])
  if (second) throw refusal({ problem: 'holds two documents', cure: 'make a file of each' }, second.range[0])
  await checkNodes(document, refusal)
  return { document, lines }
}

/** A line may end in CR alone (YAML 1.2.2, section 5.4), which the parser does not know. Positions stay. */
const withLineFeeds = (text: string) => text.replace(/\r(?!\n)/g, '\n')

/**
 * The plain value of a text.
 *
 * @throws KairosError BAD_FILE where an alias has no anchor, or aliases multiply its size
 */
export function plainValue(file: string, { document }: YamlTree): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    const problem = `is not usable YAML: ${(cause as Error).message}`
    throw new KairosError('BAD_FILE', problem, { file }, 'correct it', { cause })
  }
}

/** The line and field of a path. Where the path ends nowhere, the line is that of the object that lacks the key. */
export async function placeInYaml({ document, lines }: YamlTree, path: Path): Promise<Place> {
  const { isMap, isScalar, isSeq } = await import('yaml')
  let node: unknown = document.contents
  let start = startOf(node) ?? 0
  for (const key of path) {
    let next: unknown
    let holder: unknown
    if (isSeq(node)) {
      next = node.items[Number(key)]
      holder = next
    } else if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      next = pair?.value
      holder = pair?.key
    }
    const position = startOf(holder)
    if (position === undefined) break
    start = position
    node = next
  }
  const { line } = lines.linePos(start)
  return path.length === 0 ? { line } : { line, field: fieldOf(path) }
}

/** Refuses keys that occur twice or are reserved, and too many aliases. */
async function checkNodes(document: Document.Parsed, refusal: Refusal): Promise<void> {
  const { isAlias, isScalar, visit } = await import('yaml')
  let aliases = 0
  visit(document, {
    Alias(_, alias) {
      if (++aliases <= MOST_ALIASES) return
      const problem = `is one of more than ${MOST_ALIASES} aliases`
      throw refusal({ problem, cure: 'write the values out' }, startOf(alias))
    },
  })
  visit(document, {
    Map(_, map) {
      const names = new Set<string>()
      for (const { key } of map.items) {
        const node = isAlias(key) ? key.resolve(document) : key
        if (!isScalar(node))
          throw refusal({ problem: 'is not a name', cure: 'a key is a text' }, startOf(key))
        const name = String(node.value)
        const fault = faultOfKey(name, names)
        if (fault) throw refusal(fault, startOf(key))
        names.add(name)
      }
    },
  })
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: Range | null } | null | undefined)?.range?.[0]
}

/** As in types[2].pricePerHour; keys that are not plain words are quoted. */
export function fieldOf(path: Path): string {
  let field = ''
  for (const key of path) {
    if (typeof key === 'number') field += `[${key}]`
    else if (/^[\w-]+$/.test(String(key))) field += `${field && '.'}${String(key)}`
    else field += `["${String(key)}"]`
  }
  return field
}
