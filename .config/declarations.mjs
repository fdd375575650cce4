// The declarations that a package needs: of the .d.ts files that tsc writes, the statements that the exports of the
// entries reach. Schemas, for one, are exported for the command line; their types would need zod in every program.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

/**
 * @param folder where the declarations are
 * @param entries paths of files whose exports are all kept
 * @returns per path its text, with the statements that are needed
 */
export function neededDeclarations(folder, entries) {
  const files = new Map()
  const queue = entries.map((path) => ({ path, name: '*' }))
  for (const { path, name } of queue) {
    if (!files.has(path)) files.set(path, parse(folder, path))
    const file = files.get(path)
    for (const statement of file.source.statements) {
      for (const part of partsOf(statement)) {
        if (file.kept.has(part.node) || (!(part.exported && name === '*') && !part.names.includes(name)))
          continue
        file.kept.add(part.node)
        queue.push(...needsOf(file, part))
      }
    }
  }
  return new Map([...files].map(([path, file]) => [path, render(file)]))
}

function parse(folder, path) {
  const text = readFileSync(join(folder, path), 'utf8')
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  return { path, source, kept: new Set() }
}

/**
 * What of a statement can be kept by itself: each name of an import or an export list, or the whole statement.
 * `from` is the module that a name comes from, `original` its name there.
 */
function partsOf(statement) {
  const from = statement.moduleSpecifier?.text
  if (ts.isImportDeclaration(statement)) {
    const { name, namedBindings } = statement.importClause ?? {}
    const whole = [name, namedBindings && ts.isNamespaceImport(namedBindings) && namedBindings.name]
    const listed = namedBindings && ts.isNamedImports(namedBindings) ? namedBindings.elements : []
    return [
      ...whole.filter(Boolean).map((node) => ({ node, names: [node.text], from, original: '*' })),
      ...listed.map((node) => ({
        node,
        names: [node.name.text],
        from,
        original: (node.propertyName ?? node.name).text,
      })),
    ]
  }
  if (ts.isExportDeclaration(statement)) {
    const elements = statement.exportClause?.elements
    if (!elements) return from ? [{ node: statement, names: [], exported: true, from, original: '*' }] : []
    return elements.map((node) => {
      const original = (node.propertyName ?? node.name).text
      return { node, names: [node.name.text], exported: true, from, original }
    })
  }
  const declared = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [statement]
  const names = declared.flatMap(({ name }) => (name ? [name.text] : []))
  const exported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
  return [{ node: statement, names, exported }]
}

/** The names that a part needs, here and in other files of the folder. */
function needsOf({ path }, { node, from, original, names }) {
  const at = (module) => join(dirname(path), module.replace(/[.]ts$/, '.d.ts'))
  if (from) return from.startsWith('.') ? [{ path: at(from), name: original }] : []
  if (original && !names.includes(original)) return [{ path, name: original }]
  const needs = []
  const visit = (inner) => {
    if (ts.isIdentifier(inner)) needs.push({ path, name: inner.text })
    if (ts.isImportTypeNode(inner) && inner.argument.literal.text.startsWith('.')) {
      needs.push({
        path: at(inner.argument.literal.text),
        name: inner.qualifier?.getText().split('.')[0] ?? '*',
      })
    }
    ts.forEachChild(inner, visit)
  }
  visit(node)
  return needs
}

function render({ source, kept }) {
  const pieces = source.statements.flatMap((statement) => {
    if (kept.has(statement)) return [statement.getFullText().trim()]
    const parts = partsOf(statement).filter(({ node }) => kept.has(node))
    if (parts.length === 0) return []
    const { from } = parts[0]
    const all = partsOf(statement)
    if (parts.length === all.length) return [statement.getFullText().trim()]
    const word = ts.isImportDeclaration(statement) ? 'import' : 'export'
    const typeOnly = (statement.importClause ?? statement).isTypeOnly ? ' type' : ''
    return [
      `${word}${typeOnly} { ${parts.map(({ node }) => node.getText()).join(', ')} }${from ? ` from '${from}'` : ''}`,
    ]
  })
  return `${pieces.length > 0 ? pieces.join('\n') : 'export {}'}\n`
}
