// Checks that lines with a comment alone have at most 120 characters: the formatter wraps code, but no comments.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MOST = 120
const FOLDERS = ['.config', 'assembly', 'bench', 'examples', 'src', 'test']

const root = fileURLToPath(new URL('..', import.meta.url))
const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)),
)
const long = files
  .filter((file) => /\.[cm]?[jt]s$/.test(file))
  .flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, i) =>
        line.length > MOST && /^\s*(\/\/|\/?\*)/.test(line) ? [`${file}:${i + 1}`] : [],
      ),
  )
if (long.length > 0)
  throw new Error(
    `wrap or shorten these comments, which have more than ${MOST} characters: ${long.join(', ')}`,
  )
