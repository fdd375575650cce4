/** Every TypeScript snippet of every page is type-checked under the project's settings, and run. */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clone, makeClone } from './clone.ts'
import { blocksOf, DOCUMENTS } from './documents.ts'

const run = promisify(execFile)
const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext }

const snippets = DOCUMENTS.flatMap((document) =>
  blocksOf(document)
    .filter(({ language }) => language === 'ts')
    .map(({ text, line }) => ({
      name: `${document.replaceAll(/\W/g, '-')}-${line}`,
      place: `${document}:${line}`,
      text,
    })),
)

let clone: Clone
beforeAll(() => {
  clone = makeClone()
  mkdirSync(join(clone.folder, 'snippets'))
  for (const { name, text } of snippets) {
    writeFileSync(join(clone.folder, 'snippets', `${name}.ts`), text)
    const { outputText } = ts.transpileModule(text, { compilerOptions })
    writeFileSync(join(clone.folder, 'snippets', `${name}.js`), outputText)
  }
  writeFileSync(
    join(clone.folder, 'snippets/tsconfig.json'),
    // what `tsc --init` writes is stricter here than the project
    JSON.stringify({
      extends: '../tsconfig.json',
      include: ['*.ts'],
      compilerOptions: { noUncheckedIndexedAccess: true },
    }),
  )
})
afterAll(() => clone.remove())

test('there are snippets, and none in another dialect', () => {
  expect(snippets.length).toBeGreaterThan(2)
  const others = DOCUMENTS.flatMap((document) => blocksOf(document).map(({ language }) => language))
  for (const language of ['js', 'javascript', 'typescript']) expect(others).not.toContain(language)
})

test('all snippets type-check', async () => {
  const tsc = join(clone.folder, 'node_modules/typescript/bin/tsc')
  const { stdout } = await run(process.execPath, [tsc, '-p', 'snippets'], { cwd: clone.folder }).catch(
    (error: { stdout: string }) => error,
  )
  expect(stdout).toBe('')
})

test.each(snippets)('$place runs', async ({ name }) => {
  const { stdout, stderr } = await run(process.execPath, [`snippets/${name}.js`], { cwd: clone.folder })
  expect(stdout).not.toBe('')
  expect(stderr).toBe('')
})
