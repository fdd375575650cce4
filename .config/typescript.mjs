// Lets Node run TypeScript files as they are: `node --import ./.config/typescript.mjs bench/main.ts`.
// Types are removed, not checked; `npm run types` checks them.
import { readFileSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { transformSync } from 'esbuild'

// Node 20 loads this file again, as the hook, in a thread of its own; that is deprecated where each thread has hooks
if (module.registerHooks) module.registerHooks({ load })
else if (isMainThread) module.register(import.meta.url)

export function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context)
  const sourcefile = fileURLToPath(url)
  const { code } = transformSync(readFileSync(sourcefile, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'es2023',
    sourcemap: 'inline',
    sourcefile,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  })
  return { format: 'module', source: code, shortCircuit: true }
}
