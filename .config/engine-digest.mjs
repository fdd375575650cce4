// Writes src/kernel/engine-digest.ts, a digest of the code that computes results: `node .config/engine-digest.mjs`.
// Jobs of a queue, logs of trials and parts of rankings carry it, so that results of other code are not taken for one's
// own. The kernels are not in it: the digest of the one that is loaded is added when it is used. The file is not under
// version control, since every change of the code changes it.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where results come from: the engine, how jobs travel, and how a worker reads the trace of a job. */
const ROOMS = ['model', 'kernel', 'bound', 'dispatch', 'replay', 'allocate', 'queue', 'files/traces']

const TARGET = 'src/kernel/engine-digest.ts'

/** The digest of the code in a folder that has `src/` and the locked versions of the libraries. */
export function digestOfCode(folder) {
  const names = ROOMS.flatMap((room) =>
    readdirSync(join(folder, 'src', room), { recursive: true }).map((name) => `src/${room}/${name}`),
  )
  const paths = names.map((name) => name.replaceAll('\\', '/'))
  const sources = paths.filter((path) => path.endsWith('.ts') && path !== TARGET)
  const hash = createHash('sha256')
  // the locked versions, because the generators of random numbers are libraries
  for (const path of [...sources.sort(), 'package-lock.json']) {
    hash.update(`${path}\n`).update(readFileSync(join(folder, path)))
  }
  return hash.digest('hex')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const target = join(root, TARGET)
  const text = `// Written by .config/engine-digest.mjs. Do not edit: \`npm run build\` writes it again.
/** A digest of the code that computes results, besides the kernel. */
export const ENGINE_DIGEST = '${digestOfCode(root)}'
`
  // an unchanged file needs no build
  if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text)
}
