/** The files that come with the package, for Node: the kernel, data/, and the code that runs in threads. */
// by its default export: webpack replaces a named createRequire at build time, and then no file is found
import Module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { KairosError } from './errors.ts'

const NAME = 'kairos-wasm'

let found: { readonly root: string; readonly require: NodeJS.Require } | undefined

/** The path of a file of the package, from its root, such as build/kernel.wasm. */
export function packageFile(path: string): string {
  return join(locate().root, path)
}

/** Loads a library that the package depends on when it is called, past a bundler that cannot follow it. */
export function packageRequire(library: string): unknown {
  return locate().require(library)
}

/**
 * The package is two folders above this file, in `src/model/`, `dist/chunks/` and `dist/cjs/` alike. It is elsewhere
 * where a program was bundled with it: there it is found as a dependency of the program.
 *
 * @throws KairosError NO_FILE where a bundle is far from the installed package
 */
function locate() {
  if (found) return found
  // a bundle in CommonJS has no import.meta
  const here = import.meta.url ?? pathToFileURL(__filename).href
  const require = Module.createRequire(here)
  const above = fileURLToPath(new URL('../../', here))
  const root = isPackage(require, above) ? above : installedFor(require, here)
  found = { root, require: Module.createRequire(join(root, 'package.json')) }
  return found
}

function isPackage(require: NodeJS.Require, folder: string): boolean {
  try {
    return require(join(folder, 'package.json')).name === NAME
  } catch {
    return false
  }
}

function installedFor(require: NodeJS.Require, here: string): string {
  try {
    return dirname(require.resolve(`${NAME}/package.json`))
  } catch (cause) {
    const cure = `install ${NAME} where the bundle finds it: the kernel, the threads and the data are files of it`
    throw new KairosError('NO_FILE', 'the package is not installed', { file: fileURLToPath(here) }, cure, {
      cause,
    })
  }
}
